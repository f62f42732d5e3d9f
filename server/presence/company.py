"""Presence of one company: what happens to it becomes work in small steps, far below a turn's 20 ms, done strictly one after the other.

Its caller says what happened and gives the turns: ``work`` does a step, ``frames`` are to be handed out in their order. So what was
made before a member was hidden goes before the event that hides him, and nothing older follows it (DESIGN 9).
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice

from server.delivery.online import Receiver
from server.presence.beats import Beats
from server.presence.flush import View
from server.presence.frames import Piece, frame_of
from server.presence.people import People, Told
from server.presence.statuses import Seen
from server.presence.views import Views
from server.presence.visible import Visibility, Where
from server.presence.watching import Interest, Watcher, Watching

# what one step does, so that it stays at about a millisecond
MEMBERS_A_STEP = 100
REFRESHES_A_STEP = 100
WATCHES_A_STEP = 100
PICTURES_A_STEP = 16
WAITING_A_STEP = 32

UNITS_AT_ONCE = 16

Work = Iterator[None]


def _parts(units: Mapping[int, bool], size: int) -> Iterator[dict[int, bool]]:
    left = iter(units.items())
    while part := dict(islice(left, size)):
        yield part


class CompanyPresence:
    """``seen`` is the standings' picture; it is changed by them, and each change is told here at the same moment (``flipped``).

    ``wake`` is called when there is something to do: ``step`` until it says no, then ``beat``.
    """

    def __init__(self, visibility: Visibility, seen: Mapping[int, Seen], wake: Callable[[], object]) -> None:
        self.watching = Watching()
        self.frames: deque[Told] = deque()
        self._visibility = visibility
        self._wake = wake
        self._people = People(visibility, seen)
        self._views = Views(visibility, seen)
        self._beats = Beats()
        self._jobs: deque[Work] = deque()
        self._changed: dict[int, None] = {}
        self._looking: set[int] = set()
        self._is_flushing = self._is_following = self._is_counting = False
        self._rules = 0
        self._judged_by = 0
        self._telling: dict[Interest, list[Piece]] = {}

    # ---- what members do

    def flipped(self, member: int, before: Seen, now: Seen) -> None:
        """Others see him otherwise from now on; ``seen`` says so already."""
        for view in self._views:
            view.flipped(member, before, now)
        self._people.flipped(member)
        if self._beats.next_at is None:
            self._wake()

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

    def _is_pending(self, member: int) -> bool:
        return member in self._changed or member in self._looking

    def _tell(self, frames: Iterable[Told]) -> None:
        self.frames.extend(frames)
        if self.frames:
            self._wake()

    # ---- what changes in the company

    def members_changed(self, members: Iterable[int]) -> None:
        """Placed, moved, hidden, shown, activated, disabled, deleted, given another scope: as who is seen and as who sees."""
        self._changed.update(dict.fromkeys(members))
        if self._changed and not self._is_following:
            self._is_following = True
            self._do(self._follow())

    def units_changed(self, units: Iterable[int]) -> None:
        """Added, moved, disabled, enabled, hidden, shown, deleted: it concerns whoever is in or below them."""
        self._views.tree_changed()
        org = self._visibility.organisation
        self.members_changed({member for unit in units if unit in org for member in org.members_below(unit)})

    def rules_changed(self) -> None:
        """Anything may be otherwise for anybody. Until all is counted anew nothing is told of units or people."""
        self._views.all_changed()
        self._rules += 1
        self._count_soon()

    def begin_anew(self) -> None:
        """What was told may not have arrived, and what was under way is forgotten: everybody is told all, as it is now."""
        self.frames.clear()
        self._telling.clear()
        for watcher in self.watching.watchers.values():
            self._put_out(watcher)
            watcher.is_lost = True
        self.rules_changed()

    def viewer_changed(self, member: int) -> None:
        """He has other contacts, other direct conversations. (Other units, another scope: ``members_changed``.)"""
        for watcher in self.watching.of_member.get(member, ()):
            self._tell(self._people.judge_by(watcher))

    def _judge(self, watcher: Watcher) -> None:
        self._tell(self._people.judge_by(watcher))
        if watcher.is_lost:
            watcher.is_lost = False
            self._tell(self._people.all_of(watcher))
        view_class = self._visibility.view_class(watcher.member)
        if view_class != watcher.view_class or watcher.is_out:
            self._put_out(watcher)
            if self._is_pending(watcher.member):
                return  # what changed with him is not told yet: he looks anew after that
            watcher.is_out = False
            watcher.view_class = view_class
            if watcher.units:
                self._ask_anew(watcher)

    # ---- turns

    @property
    def is_busy(self) -> bool:
        return bool(self._jobs or self.frames)

    def step(self) -> bool:
        """Do a little of the work; whether there is more."""
        if not self._jobs:
            return False
        try:
            next(self._jobs[0])
        except StopIteration:
            self._jobs.popleft()
        return bool(self._jobs)

    def beat(self, now: int) -> int | None:
        """Put to work what is due. When to come again; None while nothing waits."""
        if not self._is_flushing and self._beats.is_due(now):
            self._is_flushing = True
            self._do(self._flush(now))
        return self._beats.again(now, is_dirty=self._is_dirty)

    def tidy(self, now: int) -> None:
        """Every now and then: forget the classes that nobody has watched for a while."""
        self._views.tidy(now)
        self._beats.tidy(now)

    @property
    def _is_dirty(self) -> bool:
        return bool(self._people.dirty) or self._views.are_dirty

    def _do(self, work: Work) -> None:
        self._jobs.append(work)
        self._wake()

    # ---- the work

    def _follow(self) -> Work:
        """Members changed: whoever of them sees otherwise now is put out; then they are counted where they are shown now.

        They look anew when that was told: what another class was told before may name who is hidden from it now.
        """
        while self._changed:
            changed, self._changed = list(self._changed), {}
            self._looking.update(changed)
            yield from self._look_anew(watcher for member in changed for watcher in self.watching.of_member.get(member, ()))
            count = 0
            for member in changed:
                for view in self._views:
                    self._beats.units |= view.refresh(member)
                self._tell(self._people.judge_of(member))
                count += 1 + len(self._views)
                if count >= REFRESHES_A_STEP:
                    count = 0
                    yield
            self._beats.is_urgent = True
        self._is_following = False

    def _look_anew(self, watchers: Iterable[Watcher]) -> Work:
        count = 0
        for watcher in list(watchers):
            if watcher.receiver in self.watching.watchers:
                self._judge(watcher)
                count += 1 + sum(map(len, watcher.people.values()))
            if count >= WATCHES_A_STEP:
                count = 0
                yield

    def _count_soon(self) -> None:
        if not self._is_counting:
            self._is_counting = True
            self._do(self._count())

    def _count(self) -> Work:
        """A view that nobody has watched before, or each of them where the rules changed, also while one is being counted.

        One view a job, so that the others are flushed between.
        """
        rules = self._rules
        if self._judged_by != rules:
            yield from self._look_anew(self.watching.watchers.values())
            if self._rules == rules:
                self._judged_by = rules
        view = self._views.unready
        if view is not None and self._judged_by == self._rules == rules:
            view.counts.begin([person.id for person in self._visibility.organisation.people])
            while not view.counts.count(MEMBERS_A_STEP) and self._rules == rules:
                yield
            if self._rules == rules:
                view.is_ready = True
                yield from self._ready(view)
        self._is_counting = False
        if self._judged_by != self._rules or self._views.unready is not None:
            self._count_soon()

    def _ready(self, view: View) -> Work:
        """Those who watched before hear at once what is otherwise; then those who waited are told all."""
        view.doubt()
        yield from self._compare(view, lambda unit: False)
        self._send()
        count = 0
        while view.waiting and view.is_ready:
            receiver = next(iter(view.waiting))
            del view.waiting[receiver]
            self._ask_anew(self.watching.watchers[receiver])
            count += 1
            if count % WAITING_A_STEP == 0:
                yield

    def _flush(self, now: int) -> Work:
        slow = self._beats.slow(self.watching.watch_count, now)
        for view in list(self._views):
            yield from self._compare(view, slow, now)
        self._send()
        looking, self._looking = self._looking, set()
        yield from self._look_anew(watcher for member in looking for watcher in self.watching.of_member.get(member, ()))
        while self._people.dirty and self._judged_by == self._rules:
            self._tell(self._people.flush())
            yield
        self._is_flushing = False

    def _compare(self, view: View, later: Callable[[int], bool], now: int = 0) -> Work:
        """Where the rules change meanwhile, the rest waits until all is counted anew."""
        for done, picture in enumerate(view.due(later) if view.is_ready else (), 1):
            if not view.is_ready:
                return
            self._beats.told(picture.unit, self.watching.watch_count[picture.unit], now)
            view.changes(picture, self._telling)
            if done % PICTURES_A_STEP == 0:
                yield

    def _send(self) -> None:
        """One frame for all who want the same."""
        telling, self._telling = self._telling, {}
        self._tell((list(interest.receivers), frame_of(pieces)) for interest, pieces in telling.items() if interest.receivers)
