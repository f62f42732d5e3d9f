"""Members' passwords and sessions as administrators reach them, within a unit in the turn (SPEC B8, D2)."""

from collections.abc import Sequence

from protocol.errors import MemberNotFound, SessionNotFound
from protocol.ids import from_wire, to_wire
from server.accounts import codes, names
from server.audit.service import Actor, record
from server.companies.errors import NotAPerson
from server.companies.newcomers import Added
from server.org.batches import Outcome
from server.org.people import check_holds, named
from server.org.sifting import Sifted, record_left_out, sift
from server.roles.asking import company_for, permit
from server.roles.rules import Picture
from server.roles.rules import member as on_member
from storage import accounts, sessions, sign_in_failures
from storage.companies import Company
from storage.people import Record
from storage.work import Read, Work


async def with_passwords(read: Read, actor: Actor, company: str, whos: Sequence[str], *, whole: bool) -> Sifted:
    """Those who can get new ones. Raises: as ``CompanyService.reset_password``."""

    def check(around: Picture | None, one: Record) -> None:
        check_holds(around, actor, one)
        if one.account is None:
            raise NotAPerson

    return await sift(read, company, actor, whos, check, whole=whole)


async def reset(
    work: Work, actor: Actor, company: str, whos: Sequence[str], drawn: Sequence[str], first: str, *, whole: bool
) -> Outcome[Added]:
    """``first``: the stored form of the password, or empty; then each has the one of ``drawn``. Raises: as ``with_passwords``."""
    found = await with_passwords(work, actor, company, whos, whole=whole)
    await record_left_out(work, actor, found)
    told = ["" if first else code for code in drawn[: len(found.records)]]
    for one, code in zip(found.records, told, strict=True):
        assert one.account is not None, "it was looked at"
        await accounts.reset_password(work, one.account, one.company, first or codes.stored_code(code))
        await sign_in_failures.clear(work, names.of_name(names.fold(one.number)))
    if found.records:
        await sessions.end_of_members(work, found.ids, "password_changed")
        await record(work, found.company.id, actor, "member.reset_password", named(found.records))
    done = tuple(Added(one.id, one.number, code) for one, code in zip(found.records, told, strict=True))
    return Outcome(done=done, refused=found.refused)


async def end(work: Work, actor: Actor, company: str, session: str) -> None:
    """Raises: as ``CompanyService.end_session``; of whom the actor does not find, too, there is no session."""
    found = await company_for(work, company, actor)
    number, owner = await _owned(work, found, session)
    try:
        await permit(work, found, actor, on_member(owner))
    except MemberNotFound:
        raise SessionNotFound from None
    await sessions.end(work, {number: "ended"})
    await record(work, found.id, actor, "session.end", {"session": session, "member": to_wire(owner)})


async def _owned(read: Read, company: Company, session: str) -> tuple[int, int]:
    """A session and its owner. Raises: SessionNotFound."""
    try:
        number = from_wire(session)
    except ValueError:
        raise SessionNotFound from None
    owner = await sessions.owner(read, number)
    if owner is None or owner[1] != company.id:
        raise SessionNotFound
    return number, owner[0]
