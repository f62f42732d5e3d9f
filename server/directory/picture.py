"""One company's picture on this node: organisation, evaluator, search index, and the trees of the view classes that are looked at.

It always is of one position; whoever follows the company's log puts in what is new. It does no I/O, and nobody but the loop touches it:
what takes long is done in slices, between which others have the loop.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from protocol.events import TreeMember
from server.directory.class_trees import NOWHERE, ClassTree, Looking, built, followed, named, row_of
from server.directory.loading import News, Whole, entries_of
from server.directory.order import reading
from server.directory.search import SearchIndex
from server.directory.views import View
from server.org import loading
from server.org.organisation import Organisation
from server.visibility.classes import ViewClass
from server.visibility.evaluator import Evaluator
from server.visibility.policy import Policy
from storage.directory import Searched
from storage.units import Place, Unit

SLICE = 200
"""Names that are read, or members put into an index, before others have the loop: some 5 ms."""
UNITS_ORDERED = 10
FILLED = 1000
MOST_VIEWS = 64


@dataclass(frozen=True, slots=True)
class Change:
    """What a picture went through. ``before``: the places of the members that changed; ``is_wide``: what classes see changed at large."""

    before: Mapping[int, Sequence[Place]]
    is_wide: bool


@dataclass(frozen=True, slots=True)
class Followed:
    """What a picture took in. ``units``: those that lie elsewhere, or are disabled or hidden otherwise; new and gone ones, too."""

    members: Sequence[int]
    units: Sequence[int]
    has_other_rules: bool


class Picture:
    def __init__(self, company: int, position: int, org: Organisation, policy: Policy) -> None:
        self.company = company
        self.position = position
        self.org = org
        self.policy = policy
        self.evaluator = Evaluator(org, policy)
        self.index: SearchIndex | None = None
        self.changed_while_indexed: set[int] | None = None
        self._named = named(policy)
        self._rows: dict[tuple[int, int], TreeMember] = {}
        self._trees: dict[ViewClass, ClassTree] = {}
        self._old: dict[ViewClass, ClassTree] = {}
        self._views: dict[ViewClass, View] = {}
        self._last = Change({}, is_wide=True)

    @classmethod
    async def made(cls, company: int, whole: Whole) -> "Picture":
        """With all that is the same for every class, so that a class's first viewer need not wait for it."""
        org = Organisation(company, whole.rows.units.values())
        made = cls(company, whole.position, org, whole.policy)
        for count, person in enumerate(whole.rows.people(reading)):
            org.put_person(person)
            for place in person.places:
                made._rows[person.id, place.unit] = row_of(person, place.unit)
            if count % SLICE == 0:
                await asyncio.sleep(0)
        for count, unit in enumerate(whole.rows.units):
            org.members(unit)
            if count % UNITS_ORDERED == 0:
                await asyncio.sleep(0)
        return made

    # ---- trees

    async def tree(self, view: ViewClass) -> ClassTree:
        """As the class sees it now; the picture must not change meanwhile."""
        tree = self._trees.get(view)
        if tree is None:
            tree = self._trees[view] = await self._made(view)
        return tree

    async def _made(self, view: ViewClass) -> ClassTree:
        looking = Looking(self.org, self.evaluator.sight(view), self._named, self._rows)
        old = self._old.get(view)
        if old is not None and not self._last.is_wide:
            return followed(old, self.org, looking, self._last.before)
        made = None
        for tree in built(self.org, looking):
            made = tree
            await asyncio.sleep(0)
        assert made is not None, "it comes last"
        return made

    # ---- what is new

    def put(self, news: News) -> Followed:
        """Afterwards every tree is as of the new position."""
        members, units = loading.members_of(news.changes), loading.units_of(news.changes)
        before = {member: person.places if (person := self.org.person(member)) else () for member in members}
        was = {unit: self.org[unit] for unit in units if unit in self.org}
        loading.put(self.org, news.changes, news.rows, reading)
        policy = self._policy(news, members)
        has_other_rules = policy.rules != self.policy.rules
        is_wide = bool(units) or has_other_rules or not self._named.isdisjoint(members)
        self._forget_rows(before)
        moved = self._moved(was, units)
        self.evaluator.changed(members=members, tree=bool(moved), policy=policy)
        self._index(news, policy)
        self.policy, self._named, self.position = policy, named(policy), news.position
        self._old, self._trees, self._last = self._trees, {}, Change(before, is_wide)
        if is_wide:
            self._views.clear()
        return Followed(members, moved, has_other_rules)

    def _moved(self, was: Mapping[int, Unit], units: Sequence[int]) -> list[int]:
        """Those of which more than names and order changed."""

        now = {unit: self.org[unit] for unit in units if unit in self.org}

        def shape(unit: Unit | None) -> object:
            return unit and (unit.parent, unit.is_disabled, unit.is_hidden)

        return [unit for unit in units if shape(was.get(unit)) != shape(now.get(unit))]

    def _policy(self, news: News, members: Sequence[int]) -> Policy:
        if news.policy is not None:
            return news.policy
        before = self.policy.narrowed
        if all(before.get(member) == news.narrowed.get(member) for member in members):
            return self.policy
        left = {member: own for member, own in before.items() if member not in set(members)}
        return msgspec.structs.replace(self.policy, narrowed=left | dict(news.narrowed))

    def _forget_rows(self, before: Mapping[int, Sequence[Place]]) -> None:
        for member, places in before.items():
            person = self.org.person(member)
            for place in (*places, *(person.places if person else ())):
                self._rows.pop((member, place.unit), None)
            self._rows.pop((member, NOWHERE), None)

    def settled(self) -> None:
        """All trees that somebody watches were asked for: the others are made when they are."""
        self._old = {}

    # ---- search

    def _index(self, news: News, policy: Policy) -> None:
        members = loading.members_of(news.changes)
        if self.changed_while_indexed is not None:
            self.changed_while_indexed.update(members)
        if self.index is None:
            return
        if policy.fields != self.policy.fields:  # what of whom is private
            self.index = None
            self._views.clear()
            return
        self.put_searched(self.index, members, news.searched, policy)

    def put_searched(self, index: SearchIndex, members: Sequence[int], rows: Sequence[Searched], policy: Policy) -> None:
        there = {row.member for row in rows}
        for entry in entries_of(rows, policy):
            index.put(entry)
        for member in members:
            if member not in there:
                index.remove(member)

    async def view(self, index: SearchIndex, view: ViewClass) -> View:
        """Whom the class finds, in the index; asked about everybody once."""
        while True:
            found = self._views.get(view)
            if found is None:
                while len(self._views) >= MOST_VIEWS:
                    del self._views[next(iter(self._views))]
                found = self._views[view] = index.view(
                    lambda member: self.evaluator.sight(view).finds(member),
                    lambda member: self.evaluator.sight_of_whole(view).finds(member),
                )
            if found.fill(FILLED):
                return found
            await asyncio.sleep(0)
