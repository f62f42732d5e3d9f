"""What watchers of one company ask for, and how they get it: at once where it is little, else slice by slice, and never beside a count.

Whether they are told, and of what, is ``company``'s: its work and theirs are done strictly one after the other.
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice

from server.delivery.online import Receiver
from server.presence.flush import View
from server.presence.frames import Piece, frame_of
from server.presence.people import People, Told
from server.presence.statuses import Seen
from server.presence.views import Views
from server.presence.visible import Visibility, Where
from server.presence.watching import Interest, Watcher, Watching

UNITS_AT_ONCE = 16
Work = Iterator[None]


def _parts(units: Mapping[int, bool], size: int) -> Iterator[dict[int, bool]]:
    left = iter(units.items())
    while part := dict(islice(left, size)):
        yield part


class Asking(ABC):
    """``frames`` are to be handed out in their order; ``_telling`` is what the flush that is under way will tell."""

    def __init__(self, visibility: Visibility, seen: Mapping[int, Seen], wake: Callable[[], object]) -> None:
        self.watching = Watching()
        self.frames: deque[Told] = deque()
        self._visibility = visibility
        self._wake = wake
        self._people = People(visibility, seen)
        self._views = Views(visibility, seen)
        self._jobs: deque[Work] = deque()
        self._telling: dict[Interest, list[Piece]] = {}

    @abstractmethod
    def _is_pending(self, member: int) -> bool:
        """Whether what changed with him is not told yet."""

    @abstractmethod
    def _count_soon(self) -> None:
        """A view has to be counted."""

    # ---- what watchers do

    def watch_units(self, receiver: Receiver, units: Mapping[int, bool], no_more: Iterable[int] = ()) -> None:
        """Begin with ``units`` (True: with their members, False: counts alone), end with ``no_more``.

        A unit that he may not see, or that there is not, shows nobody and counts nobody: the two are not told apart.
        """
        self._ask(self._watcher(receiver), units, no_more)

    def watch_people(self, receiver: Receiver, where: Where, members: Iterable[int], no_more: Iterable[int] = ()) -> None:
        """As contacts, in direct conversations, or somebody in the tree; whom he may not have is offline to him."""
        watcher = self._watcher(receiver)
        self._people.want_no_more(watcher, where, no_more)
        self._tell(self._people.want(watcher, where, members))

    def leave(self, receiver: Receiver) -> None:
        """The connection is gone."""
        watcher = self.watching.watchers.get(receiver)
        if watcher is not None:
            self._views.wait_no_more(watcher)
            self._people.leave(watcher)
            self.watching.leave(watcher)

    def units_of(self, receiver: Receiver) -> set[int]:
        """The units that it watches, or has asked to."""
        watcher = self.watching.watchers.get(receiver)
        return set() if watcher is None else {*watcher.units, *(unit for units, _ in watcher.asked for unit in units)}

    def people_of(self, receiver: Receiver) -> Mapping[Where, set[int]]:
        """Whom it watches."""
        watcher = self.watching.watchers.get(receiver)
        return {} if watcher is None else watcher.people

    def watched_by(self, member: int) -> Mapping[Where, set[int]]:
        """Whom a member watches by all his connections."""
        found: dict[Where, set[int]] = {}
        for watcher in self.watching.of_member.get(member, ()):
            for where, members in watcher.people.items():
                found.setdefault(where, set()).update(members)
        return found

    def _watcher(self, receiver: Receiver) -> Watcher:
        watcher = self.watching.watchers.get(receiver)
        if watcher is None:
            watcher = Watcher(receiver, self._visibility.view_class(receiver.member))
            watcher.is_out = self._is_pending(watcher.member)
            self.watching.enter(watcher)
        return watcher

    def _view(self, watcher: Watcher) -> View:
        view = self._views.of(watcher.view_class)
        if not view.is_ready:
            self._count_soon()
        return view

    def _ask(self, watcher: Watcher, units: Mapping[int, bool], no_more: Iterable[int] = ()) -> None:
        """At once where it is little; else in slices, and what is asked meanwhile stands behind."""
        no_more = tuple(no_more)
        if len(units) <= UNITS_AT_ONCE and not watcher.asked:
            self._settle(watcher, self.watching.want(watcher, units, no_more))
            return
        self.watching.want(watcher, {}, no_more)
        watcher.asked.append(({}, no_more))
        watcher.asked += [(part, ()) for part in _parts(units, UNITS_AT_ONCE)]
        if not watcher.is_asking:
            watcher.is_asking = True
            self._do(self._ask_slowly(watcher))

    def _ask_slowly(self, watcher: Watcher) -> Work:
        while watcher.asked and watcher.receiver in self.watching.watchers:
            units, no_more = watcher.asked.pop(0)
            self._settle(watcher, self.watching.want(watcher, units, no_more))
            yield
        watcher.is_asking = False

    def _ask_anew(self, watcher: Watcher) -> None:
        """All that it watches is told as a whole."""
        units = dict(watcher.units)
        self.watching.want(watcher, {}, units)
        waiting, watcher.asked = watcher.asked, []
        self._ask(watcher, units)
        watcher.asked += waiting

    def _settle(self, watcher: Watcher, fresh: list[int]) -> None:
        """It is among those who want the same, and is told what is new for it; where its class is being counted, it waits."""
        if watcher.is_out or (not watcher.units and watcher.interest is None):
            return
        view = self._view(watcher)
        if not view.is_ready:
            view.waiting[watcher.receiver] = None
            return
        before = watcher.interest
        self.watching.join(watcher, view)
        if before is not None and before is not watcher.interest and before in self._telling:  # else he would miss what others are told
            self._tell([([watcher.receiver], frame_of(self._telling[before]))])
        frames = [([watcher.receiver], shared) for shared in view.snapshot(dict.fromkeys(fresh), watcher.units)]
        if watcher.is_fresh:  # the first screen stands behind nobody else's frames
            watcher.is_fresh = False
            self.frames.extendleft(reversed(frames))
            self._wake()
        else:
            self._tell(frames)

    def _put_out(self, watcher: Watcher) -> None:
        """He sees the tree otherwise from now on: nothing more of what he saw; what he sees then is told as a whole."""
        self._views.wait_no_more(watcher)
        self.watching.join(watcher, None)
        watcher.is_out = True

    def _tell(self, frames: Iterable[Told]) -> None:
        self.frames.extend(frames)
        if self.frames:
            self._wake()

    def _do(self, work: Work) -> None:
        self._jobs.append(work)
        self._wake()
