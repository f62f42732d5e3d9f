"""Members' passwords and sessions as administrators reach them, within a unit in the turn (SPEC B8, D2)."""

from protocol.errors import MemberNotFound, SessionNotFound
from protocol.ids import from_wire, to_wire
from server.accounts import codes, names
from server.audit.service import Actor, record
from server.companies.errors import NotAPerson
from server.companies.newcomers import Added
from server.org.people import acted_on, check_holds
from server.roles.asking import company_for, permit
from server.roles.rules import member as on_member
from storage import accounts, sessions, sign_in_failures
from storage.companies import Company
from storage.work import Read, Work


async def reset(work: Work, actor: Actor, company: str, who: str, first: str, code: str) -> Added:
    """``first``: the stored form of the password, or empty; then it is ``code``. Raises: as ``CompanyService.reset_password``."""
    _, (card,), around = await acted_on(work, company, actor, [who])
    check_holds(around, actor, card)
    if card.account is None:
        raise NotAPerson
    await accounts.reset_password(work, card.account, card.company, first or codes.stored_code(code))
    await sign_in_failures.clear(work, names.of_name(names.fold(card.number)))
    await sessions.end(work, {session.id: "password_changed" for session in await sessions.open_of_member(work, card.id)})
    await record(work, card.company, actor, "member.reset_password", {"member": to_wire(card.id)})
    return Added(card.id, card.number, code)


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
