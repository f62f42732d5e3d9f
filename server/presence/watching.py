"""Who watches which units, as whom: connections that want the same, in the same view class, share an interest and so their frames.

It keeps books and decides nothing; what a watcher is told of a unit is ``flush``.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from protocol import limits
from server.delivery.online import Receiver
from server.presence.visible import ViewClass, Where

if TYPE_CHECKING:
    from server.presence.flush import View

Wants = frozenset[tuple[int, bool]]
"""(unit, whether its members too or its counts alone)."""

NOTHING: Wants = frozenset()


class Watcher:
    """A connection that watches; its view class is its member's."""

    __slots__ = ("asked", "interest", "is_asking", "is_fresh", "is_lost", "is_out", "member", "people", "receiver", "units", "view_class")

    def __init__(self, receiver: Receiver, view_class: ViewClass) -> None:
        self.receiver = receiver
        self.member = receiver.member
        self.view_class = view_class
        self.units: dict[int, bool] = {}
        self.people: dict[Where, set[int]] = {}
        self.interest: Interest | None = None
        self.asked: list[tuple[Mapping[int, bool], tuple[int, ...]]] = []
        """What it asked for and is not given yet, part by part."""
        self.is_asking = False
        self.is_out = False
        """It will see the tree otherwise than it did, and sees nothing of it meanwhile."""
        self.is_lost = False
        """What it was told may not have arrived."""
        self.is_fresh = True
        """Nothing of presence was ever handed out to it, so nothing can overtake."""


class Interest:
    """Watchers who want the same; ``receivers`` are their connections."""

    __slots__ = ("receivers", "view", "wants")

    def __init__(self, view: "View", wants: Wants) -> None:
        self.view = view
        self.wants = wants
        self.receivers: dict[Receiver, Watcher] = {}


class Watching:
    """The watchers of one company."""

    def __init__(self) -> None:
        self.watchers: dict[Receiver, Watcher] = {}
        self.of_member: dict[int, set[Watcher]] = {}
        self.watch_count: Counter[int] = Counter()
        """By unit, whatever the class."""

    def enter(self, watcher: Watcher) -> None:
        self.watchers[watcher.receiver] = watcher
        self.of_member.setdefault(watcher.member, set()).add(watcher)

    def leave(self, watcher: Watcher) -> None:
        self.want(watcher, {}, watcher.units)
        self.join(watcher, None)
        del self.watchers[watcher.receiver]
        others = self.of_member[watcher.member]
        others.discard(watcher)
        if not others:
            del self.of_member[watcher.member]

    def want(self, watcher: Watcher, units: Mapping[int, bool], no_more: Iterable[int] = ()) -> list[int]:
        """What it watches from now on; the units of which it has to be told all. Over the bound nothing more is taken."""
        for unit in dict.fromkeys(one for one in no_more if one in watcher.units):
            del watcher.units[unit]
            self.watch_count[unit] -= 1
            if not self.watch_count[unit]:
                del self.watch_count[unit]
        fresh = []
        for unit, with_members in units.items():
            there = watcher.units.get(unit)
            if there is None:
                if len(watcher.units) >= limits.WATCHED_UNITS:
                    break
                self.watch_count[unit] += 1
            if there is None or there != with_members:
                watcher.units[unit] = with_members
                fresh.append(unit)
        return fresh

    def join(self, watcher: Watcher, view: "View | None") -> None:
        """Put it with the others who want the same; None: with nobody."""
        before = watcher.interest
        wants = frozenset(watcher.units.items())
        if view is None or not wants:
            watcher.interest = None
        else:
            if before is not None and before.view is view and before.wants == wants:
                return
            interest = view.interest(wants)
            interest.receivers[watcher.receiver] = watcher
            watcher.interest = interest
        if before is not None:
            del before.receivers[watcher.receiver]
            if not before.receivers:
                before.view.drop(before)
