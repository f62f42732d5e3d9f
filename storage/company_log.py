"""The company's log: of which units, members and rules a position brought changes (LOG E1).

It names them and tells nothing of them: whoever follows reads the rows as they are now, and shows each viewer what he may see.
"""

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from storage.schema.log import company_log
from storage.statements import column, insert_into, statement
from storage.work import Read, Work


class Changed(msgspec.Struct, array_like=True, omit_defaults=True, frozen=True):
    """``subjects``: what else changed, of `company`, `roles`, `unit_rules`, `fields`, `privacy`, `outside`; `reload` after long work
    (LOG C3).
    """

    units: tuple[int, ...] = ()  # also those that are gone
    members: tuple[int, ...] = ()
    subjects: tuple[str, ...] = ()

    @property
    def is_reload(self) -> bool:
        """Nothing is named: whoever has a picture of the company makes it anew."""
        return "reload" in self.subjects


_l = company_log.c
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Changed).decode
INSERT = insert_into(company_log, "company", "position", "ordinal", "at", "what")
SINCE = statement(
    sa.select(_l.position, _l.what)
    .where(_l.company == column("company"), _l.position > column("position"))
    .order_by(_l.position, _l.ordinal)
    .limit(column("limit"))
)
_newer = company_log.alias("newer")
REMOVE_OLD = statement(
    sa.delete(company_log).where(
        _l.at < column("before"),
        sa.exists().where(_newer.c.company == _l.company, _newer.c.position > _l.position, _newer.c.at < column("before")),
    )
)
OLDEST = statement(sa.select(sa.func.min(_l.position)).where(_l.company == column("company")))
NEWEST = statement(sa.select(sa.func.max(_l.position)).where(_l.company == column("company")))


async def tell(work: Work, company: int, *, units: Sequence[int] = (), members: Sequence[int] = (), subjects: Sequence[str] = ()) -> None:
    """Put a change into the log, and into the feed, so that all nodes hear of it. Once or several times in a unit in the turn."""
    what = _encode(Changed(tuple(units), tuple(members), tuple(subjects)))
    # a later one of the same unit has run more statements
    await work.run(INSERT, company=company, position=work.position, ordinal=work.statements, at=work.now, what=what)
    if company not in work.payload.companies:
        work.company_changed(company)
    for member in members:
        if member not in work.payload.members:
            work.member_changed(member)


async def since(read: Read, company: int, position: int, limit: int) -> list[tuple[int, Changed]]:
    """What changed after ``position``, each with its own, in order."""
    return [(row[0], _decode(row[1])) for row in await read.all(SINCE, company=company, position=position, limit=limit)]


async def is_newer(read: Read, company: int, position: int) -> bool:
    """Whether anything changed after ``position``; each company's newest is never removed."""
    newest = await read.value(NEWEST, company=company)
    return newest is not None and newest > position


async def reaches(read: Read, company: int, position: int) -> bool:
    """Whether all that changed after ``position`` is still in the log; else a viewer needs a snapshot (LOG E2)."""
    oldest = await read.value(OLDEST, company=company)
    return oldest is None or position >= oldest


async def remove_old(work: Work, before: int) -> int:
    """Remove what was told before that instant, but for each company's newest of it, which says from where on the log is whole.

    Outside the turn, for nobody learns of it. Gives how many.
    """
    return await work.run(REMOVE_OLD, before=before)
