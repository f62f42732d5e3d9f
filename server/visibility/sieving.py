"""What of a company a look in the account center or an export shows: what the actor's permission covers, and what he finds there.

Whether he finds somebody is the evaluator's answer (DESIGN 8): whoever manages the organisation or reads logs over a unit finds everybody
in it, others find there whom they find anywhere.
"""

from collections.abc import Mapping, Sequence

from msgspec import structs

from server.audit.service import Actor
from server.org.loading import people_of
from server.roles import reach, rules
from server.roles.acts import ACTS
from server.roles.asking import around_of
from server.roles.errors import NotAllowed
from server.roles.over import over
from server.roles.reach import Reach
from server.roles.rules import COMPANY, Picture
from server.visibility.evaluator import Evaluator
from server.visibility.loading import fields_of, narrowed
from server.visibility.policy import NO_REACH, Policy
from server.visibility.terms import By, What, Where
from storage import directory
from storage import visibility as stored
from storage.companies import Company
from storage.work import Read

EVERYTHING = Reach(is_all=True)
OF_THE_OFFICE = frozenset({"last_day"})
"""Fields that no profile shows: for who administers the member."""


class Sieve:
    """``covered``: as far as the permission goes. It holds back nobody who is above all roles."""

    def __init__(self, read: Read, covered: Reach, viewer: "Viewer | None" = None) -> None:
        self._read = read
        self._viewer = viewer
        self.covered = covered

    @property
    def is_open(self) -> bool:
        """It holds nothing back."""
        return self._viewer is None

    @property
    def finds_everybody(self) -> bool:
        return self._viewer is None or (self.covered.is_all and self._viewer.is_over_all)

    def has_unit(self, unit: int) -> bool:
        return self._viewer is None or self._viewer.finds_unit(unit, self.covered)

    async def members(self, wanted: Sequence[int], where: Where = Where.ACCOUNT_CENTER) -> set[int]:
        """Those of them whom he is shown."""
        if self._viewer is None:
            return set(wanted)
        await self._viewer.load(self._read, wanted)
        return {member for member in wanted if self._viewer.finds(member, self.covered, where)}

    async def unread(self, wanted: Sequence[int], where: Where) -> Mapping[int, frozenset[str]]:
        """Of each of them, all of whom he is shown, the fields of the card that he may not read; who is open to him is not in it."""
        if self._viewer is None:
            return {}
        await self._viewer.load(self._read, wanted)
        return await self._viewer.unread(self._read, wanted, where)

    async def kept_back(self, wanted: Sequence[int], fields: Sequence[str]) -> Mapping[int, frozenset[str]]:
        """Of those of them whom he is shown the ``fields`` that are not shown to him there (SPEC B9); who has none is left out."""
        if self._viewer is None:
            return {}
        await self._viewer.load_privacy(self._read, wanted)
        found = {member: self._viewer.kept_back(member, fields) for member in wanted}
        return {member: names for member, names in found.items() if names}


class Viewer:
    """The actor, and what decides whom and what he finds."""

    def __init__(self, around: Picture, member: int, policy: Policy) -> None:
        self._org = around.org
        self._member = member
        self._policy = policy
        self._evaluator = Evaluator(around.org, policy)

    @property
    def is_over_all(self) -> bool:
        return self._policy.administrators.get(self._member, NO_REACH).is_all

    async def load(self, read: Read, wanted: Sequence[int]) -> None:
        missing = [member for member in wanted if self._org.person(member) is None]
        for person in await people_of(read, self._org.company, missing) if missing else ():
            self._org.put_person(person)

    async def load_privacy(self, read: Read, wanted: Sequence[int]) -> None:
        await self.load(read, wanted)
        company = self._org.company
        own = {one.member: narrowed(one.is_phone_private, one.last_seen_shown) for one in await directory.narrowed(read, company, wanted)}
        self._policy = structs.replace(self._policy, fields=fields_of(await stored.privacy(read, company)), narrowed=own)
        self._evaluator.changed(policy=self._policy)

    def kept_back(self, member: int, fields: Sequence[str]) -> frozenset[str]:
        where, who = Where.ACCOUNT_CENTER, self._member
        return frozenset(name for name in fields if not self._evaluator.can_see(who, member, What.FIELD, where, field=name))

    def finds(self, member: int, covered: Reach, where: Where) -> bool:
        person = self._org.person(member)
        covers = person is not None and reach.has_member(self._org, covered, person)
        return covers and bool(self._evaluator.can_see(self._member, member, What.FIND, where))

    async def unread(self, read: Read, wanted: Sequence[int], where: Where) -> Mapping[int, frozenset[str]]:
        shown = fields_of(await stored.privacy(read, self._org.company))
        rows = await directory.narrowed(read, self._org.company, wanted)
        own = {row.member: narrowed(row.is_phone_private, row.last_seen_shown) for row in rows}
        self._policy = structs.replace(self._policy, fields=shown, narrowed=own)
        self._evaluator.changed(policy=self._policy)
        names = {name for fields in (shown, *own.values()) for name, by in fields.items() if by != "shown"} | OF_THE_OFFICE
        found = {member: frozenset(name for name in names if not self._reads(member, where, name)) for member in wanted}
        return {member: some for member, some in found.items() if some}

    def _reads(self, member: int, where: Where, name: str) -> bool:
        verdict = self._evaluator.can_see(self._member, member, What.FIELD, where, field=name)
        return bool(verdict) and (name not in OF_THE_OFFICE or verdict.by in (By.ADMINISTERED, By.ONESELF))

    def finds_unit(self, unit: int, covered: Reach) -> bool:
        if not reach.has_unit(self._org, covered, unit):
            return False
        over = self._policy.administrators.get(self._member, NO_REACH)
        if over.is_all or unit in over.units:
            return True
        view = self._evaluator.view_class(self._member)
        return view is not None and unit in self._evaluator.sight(view).units


async def sieve(read: Read, found: Company, actor: Actor, *, permission: str = "") -> Sieve:
    """For a look that shows as much as the actor's permission covers. Raises: NotAllowed where that is nothing; CompanyNotFound."""
    wanted = permission or ACTS[read.act]
    around = await around_of(read, found, actor)
    read.is_permitted = True
    if around is None:
        return Sieve(read, EVERYTHING)
    covered = rules.reaches(around, actor, wanted)
    if covered == reach.NOTHING:
        raise NotAllowed(wanted, rules.allowed(around, actor, wanted, COMPANY).rule)
    member = actor.id or 0
    policy = Policy(around.rules, administrators={member: over(around, member)})
    return Sieve(read, covered, Viewer(around, member, policy))
