"""How people and robots come into a company, and drafts into their work, within a unit in the turn (SPEC A4, B1, B8).

``drawn``: a code for each, since what an act draws is drawn before it. ``first``: the stored form of the password that all get, empty
where each has the company's, or where it has none the code that was drawn for him.
"""

from collections import Counter
from collections.abc import Sequence

from protocol.ids import to_wire
from server.accounts import codes
from server.audit.service import Actor, Details, record
from server.companies import numbering, rules
from server.companies.newcomers import Added, Newcomer, new_member
from server.org import rules as tree_rules
from server.org.batches import Outcome
from server.org.cards import check_reachable
from server.org.errors import StateUnfit
from server.org.organisation import Person
from server.org.people import check_holds, check_newcomer, check_room, forget_past_days, scope_of_newcomer
from server.org.service import check_free, load_tree
from server.org.sifting import Sifted, record_left_out, sift
from server.roles.asking import company_for, permit
from server.roles.rules import COMPANY, Picture, Target
from server.roles.rules import unit as on_unit
from server.sessions.tokens import stored_robot_token
from storage import accounts, companies, company_log, members, people, roles
from storage.companies import Company
from storage.draw import draw_id
from storage.members import NewMember
from storage.people import Record
from storage.units import Place
from storage.work import Read, Work


async def add(
    work: Work,
    actor: Actor,
    company: str,
    newcomers: Sequence[Newcomer],
    drawn: Sequence[str],
    first: str,
    *,
    must_change: bool,
    draft: bool,
    limits: tree_rules.Limits,
) -> list[Added]:
    """Raises: as ``CompanyService.add_many``."""
    found = await company_for(work, company, actor, personal=True)
    around = await permit(work, found, actor, *_joined(newcomers))
    await check_free(work, found.id)
    settings = await companies.settings(work, found.id)
    if not draft:
        await _check_seats(work, found, len(newcomers))
    for one in newcomers:
        check_reachable(settings.needs_phone_or_mail, one.phone, one.mail)
    joining = Counter(unit for one in newcomers for unit in dict.fromkeys(one.units))
    await check_room(work, found.id, await load_tree(work, found.id), joining, limits)
    numbers = await numbering.take(work, found, [one.number for one in newcomers])
    role = await roles.of_kind(work, found.id, roles.ORDINARY)
    scope = scope_of_newcomer(around, actor)
    for places in {one.units for one in newcomers}:
        check_newcomer(around, actor, Person(0, "active", role=role, places=tuple(map(Place, places)), scope=scope))
    shared = None if draft else first or settings.first_password_hash
    told = ["" if draft or shared else code for code in drawn]
    new = [
        new_member(one, found.id, number, shared or (codes.stored_code(code) if code else None), must_change, role, draft, scope)
        for one, number, code in zip(newcomers, numbers, told, strict=True)
    ]
    await members.insert(work, new)
    await company_log.tell(work, found.id, members=[one.id for one in new])
    entry: Details = {"members": [to_wire(one.id) for one in new], "numbers": numbers}
    await record(work, found.id, actor, "member.add_draft" if draft else "member.add", entry)
    return [Added(one.id, one.number, code) for one, code in zip(new, told, strict=True)]


async def drafts(read: Read, actor: Actor, company: str, whos: Sequence[str], *, whole: bool) -> Sifted:
    """Those who can be activated, all of whom get seats. Raises: as ``CompanyService.activate``."""

    def check(around: Picture | None, one: Record) -> None:
        if one.state != "draft":
            raise StateUnfit(one.name, one.state)
        check_holds(around, actor, one)  # he is told the first password

    found = await sift(read, company, actor, whos, check, whole=whole)
    await check_free(read, found.company.id)
    await _check_seats(read, found.company, len(found.records))
    return found


async def activate(
    work: Work, actor: Actor, company: str, whos: Sequence[str], drawn: Sequence[str], first: str, *, whole: bool
) -> Outcome[Added]:
    """Raises: as ``CompanyService.activate``."""
    found = await drafts(work, actor, company, whos, whole=whole)
    await record_left_out(work, actor, found)
    if not found.records:
        return Outcome(refused=found.refused)
    shared = first or (await companies.settings(work, found.company.id)).first_password_hash
    told = ["" if shared else code for code in drawn[: len(found.records)]]
    for one, code in zip(found.records, told, strict=True):
        assert one.account is not None, "drafts are persons"
        await accounts.set_first_password(work, one.account, shared or codes.stored_code(code))
    await forget_past_days(work, found.company, found.records)
    await people.set_states(work, found.ids, "active", "")
    await company_log.tell(work, found.company.id, members=found.ids)
    await record(work, found.company.id, actor, "member.activate", {"members": [to_wire(one) for one in found.ids]})
    done = tuple(Added(one.id, one.number, code) for one, code in zip(found.records, told, strict=True))
    return Outcome(done=done, refused=found.refused)


async def add_robot(work: Work, actor: Actor, company: str, name: str, token: str) -> int:
    """Raises: as ``CompanyService.add_robot``."""
    found = await company_for(work, company, actor)
    await permit(work, found, actor)
    robot = NewMember(id=draw_id(), company=found.id, kind="robot", name=rules.name("name", name))
    await members.insert(work, [robot])
    await accounts.add_robot_token(work, stored_robot_token(token), robot.id)
    await company_log.tell(work, found.id, members=[robot.id])
    await record(work, found.id, actor, "robot.add", {"member": to_wire(robot.id), "name": name})
    return robot.id


def _joined(newcomers: Sequence[Newcomer]) -> set[Target]:
    """What newcomers come into; who comes into no unit, into the company as one."""
    return {target for one in newcomers for target in (map(on_unit, one.units) if one.units else [COMPANY])}


async def _check_seats(read: Read, company: Company, wanted: int) -> None:
    if company.kind == "company":
        rules.check_seats(company.seats, await members.seats_taken(read, company.id), wanted)
