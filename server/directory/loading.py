"""A whole company from the database for its picture on this node, and what is new of it since a position (LOG E1).

Everything is read in one snapshot, which says its position; what is read is put into the picture elsewhere, on the loop.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from server.directory.fields import Entry
from server.org import loading
from server.org.loading import Rows
from server.visibility.in_force import rules_in_force
from server.visibility.loading import fields_of, narrowed
from server.visibility.policy import Policy
from server.visibility.terms import Shown
from storage import company_log, directory, feed
from storage import visibility as stored
from storage.company_log import Changed
from storage.directory import Narrowed, Searched
from storage.work import Read

MOST_CHANGES = 1000
POLICY = frozenset({"unit_rules", "privacy"})
PAGE = 2000
FIELDS = ("number", "phone", "mail", "employee_no")
"""What is searched beside the name."""


@dataclass(frozen=True, slots=True)
class Whole:
    position: int
    rows: Rows
    policy: Policy


@dataclass(frozen=True, slots=True)
class News:
    """``policy`` is None where no rule changed; ``narrowed``: what those of the named members show who show less than their company."""

    position: int
    changes: Sequence[Changed]
    rows: Rows
    narrowed: Mapping[int, Mapping[str, Shown]]
    policy: Policy | None
    searched: Sequence[Searched]


async def whole(read: Read, company: int) -> Whole | None:
    """None of the built-in companies, which have no tree."""
    if not await directory.is_a_company(read, company):
        return None
    position: int = await read.value(feed.HEAD)
    return Whole(position, await loading.everything(read, company), await policy(read, company))


async def policy(read: Read, company: int) -> Policy:
    """Without whom administrators are over: that counts in the account center alone."""
    return Policy(
        await rules_in_force(read, company),
        fields=fields_of(await stored.privacy(read, company)),
        narrowed=_narrowed(await directory.narrowed(read, company)),
    )


async def news(read: Read, company: int, since: int, *, is_searched: bool) -> News | None:
    """None where the picture has to be made anew: after long work, or too many changes. ``is_searched``: there is an index to be kept."""
    position: int = await read.value(feed.HEAD)
    log = await company_log.since(read, company, since, MOST_CHANGES)
    changes = [changed for _, changed in log]
    if len(log) == MOST_CHANGES or any(changed.is_reload for changed in changes):
        return None
    members = loading.members_of(changes)
    subjects = {subject for changed in changes for subject in changed.subjects}
    return News(
        position,
        changes,
        await loading.named(read, company, changes),
        _narrowed(await directory.narrowed(read, company, members)) if members else {},
        await policy(read, company) if subjects & POLICY else None,
        await directory.searched_some(read, company, members) if is_searched and members else (),
    )


def _narrowed(rows: Sequence[Narrowed]) -> dict[int, Mapping[str, Shown]]:
    return {row.member: narrowed(row.is_phone_private, row.last_seen_shown) for row in rows}


def entries_of(rows: Sequence[Searched], policy: Policy) -> list[Entry]:
    """With what not everybody may read who finds them (SPEC B9)."""
    private, narrowed = _private(policy.fields), policy.narrowed
    return [
        Entry(
            *(row.member, row.name, row.pinyin, row.number, row.phone, row.mail, row.employee_no),
            private if row.member not in narrowed else private | _private(narrowed[row.member]),
        )
        for row in rows
    ]


def _private(shown: Mapping[str, Shown]) -> frozenset[str]:
    return frozenset(name for name in FIELDS if shown.get(name, "shown") != "shown")
