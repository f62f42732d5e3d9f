"""The company as a plan is made against it, and how far the importer reaches (SPEC B7, C2). Values only; ``loading`` fills them in."""

from collections.abc import Mapping, Sequence

import msgspec

from server.org.organisation import Tree
from server.org.rules import Limits
from storage.fields import Field
from storage.people import Record
from storage.segments import Segment
from storage.units import Place


class Reach(msgspec.Struct, frozen=True):
    """``units``: with all below them; None is the whole company, with those who are in no unit. ``alone``: nothing below these is meant.

    ``member``: himself, if he is one; ``scope``: his information scope, none is the whole company. ``finds_all``: nobody and nothing in
    there is hidden from him. ``may_hide``: members are hidden and shown by him, too.
    """

    units: tuple[int, ...] | None = None
    alone: tuple[int, ...] = ()
    member: int | None = None
    scope: tuple[int, ...] = ()
    finds_all: bool = True
    may_hide: bool = True

    def within(self, tree: Tree) -> set[int] | None:
        """Its units; None is everything."""
        if self.units is None:
            return None
        below = {one for top in self.units if top in tree for one in tree.below(top)}
        return below | {one for one in self.alone if one in tree}


class Card(msgspec.Struct, frozen=True):
    """A member who is not deleted, and where he is, the primary unit first. ``own``: fields of the company's own."""

    record: Record
    places: tuple[Place, ...] = ()
    own: Mapping[int, str] = {}


class Picture(msgspec.Struct, frozen=True):
    """``seats`` is None where they are not counted. ``taken``: of the numbers that a file asks for, those that nobody may have any more.

    ``unseen``, ``unseen_units``: whom and what the importer does not find; for him they are not there (SPEC B6). ``unread``: of each
    member the columns' keys of what he may not read of him (SPEC B9).
    """

    company: int
    tree: Tree
    cards: Sequence[Card]
    limits: Limits = Limits()
    administrator_role: int | None = None
    seats: int | None = None
    seats_taken: int = 0
    needs_phone_or_mail: bool = False
    time_zone: str = "Asia/Shanghai"
    segments: Sequence[Segment] = ()
    fields: Sequence[Field] = ()
    taken: frozenset[str] = frozenset()
    unseen: frozenset[int] = frozenset()
    unseen_units: frozenset[int] = frozenset()
    unread: Mapping[int, frozenset[str]] = {}


class Seen:
    """What of a company lies within a reach."""

    def __init__(self, picture: Picture, reach: Reach) -> None:
        self._picture = picture
        self._reach = reach
        self._units = reach.within(picture.tree)
        if picture.unseen_units:
            inside = set(picture.tree.below(picture.tree.root)) if self._units is None else self._units
            self._units = inside - picture.unseen_units

    def has_unit(self, unit: int) -> bool:
        return self._units is None or unit in self._units

    def put(self, unit: int, parent: int) -> None:
        """A unit that is to come under ``parent``."""
        if self._units is not None and parent in self._units:
            self._units.add(unit)

    def places(self, card: Card) -> tuple[Place, ...]:
        return tuple(place for place in card.places if self.has_unit(place.unit))

    def has(self, card: Card) -> bool:
        """Persons alone: robots are in no roster."""
        if card.record.kind != "person" or card.record.id in self._picture.unseen:
            return False
        return self._units is None or bool(self.places(card))

    def has_wholly(self, card: Card) -> bool:
        """None of his units lies elsewhere: whoever reaches a part of somebody does not disable all of him."""
        return self.has(card) and len(self.places(card)) == len(card.places)

    def reads(self, card: Card, key: str) -> bool:
        return key not in self._picture.unread.get(card.record.id, ())

    def number(self, card: Card) -> str:
        """Nothing where it is not shown to him."""
        return card.record.number if self.reads(card, "number") else ""

    def is_protected(self, card: Card) -> bool:
        """Himself, and company administrators."""
        role = card.record.role
        return card.record.id == self._reach.member or (role is not None and role == self._picture.administrator_role)

    @property
    def cards(self) -> list[Card]:
        return [card for card in self._picture.cards if self.has(card)]
