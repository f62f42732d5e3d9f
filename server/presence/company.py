"""Presence of one company: what happens to it becomes work in small steps, far below a turn's 20 ms, done strictly one after the other.

Its caller says what happened and gives the turns: ``work`` does a step, ``frames`` are to be handed out in their order. So what was
made before a member was hidden goes before the event that hides him, and nothing older follows it (DESIGN 9).
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice

from server.delivery.online import Receiver
from server.org.organisation import Organisation
from server.presence.counts import Counts, Places
from server.presence.flush import Piece, View, frame_of
from server.presence.people import People, Told
from server.presence.statuses import Seen
from server.presence.visible import ViewClass, Visibility, Where
from server.presence.watching import Interest, Watcher, Watching

BEAT = 1_000
"""Changes are merged for up to so long."""
SLOW_BEAT = 3_000
MANY_WATCHERS = 1_000
"""A unit with more watchers is told every ``SLOW_BEAT``."""
AT_ONCE_EVERY = 250
"""Hiding, moving and rule changes are told at once; those that come within this of the last one are told together."""
FORGET_AFTER = 60_000
"""A class that nobody watches is kept for so long."""
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

    def __init__(self, organisation: Organisation, visibility: Visibility, seen: Mapping[int, Seen], wake: Callable[[], object]) -> None:
        self.watching = Watching()
        self.frames: deque[Told] = deque()
        self._organisation = organisation
        self._visibility = visibility
        self._seen = seen
        self._wake = wake
        self._people = People(visibility, seen)
        self._places = Places(organisation)
        self._views: dict[ViewClass, View] = {}
        self._jobs: deque[Work] = deque()
        self._changed: dict[int, None] = {}
        self._looking: set[int] = set()
        self._urgent: set[int] = set()
        self._is_urgent = self._is_flushing = self._is_following = self._is_counting = False
        self._rules = 0
        self._judged_by = 0
        self._slow_next: dict[int, int] = {}
        self._at_once_from = 0
        self._next_beat: int | None = None
        self._telling: dict[Interest, list[Piece]] = {}

    # ---- what members do

    def flipped(self, member: int, before: Seen, now: Seen) -> None:
        """Others see him otherwise from now on; ``seen`` says so already."""
        for view in self._views.values():
            view.flipped(member, before, now)
        self._people.flipped(member)
        if self._next_beat is None:
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
            self._wait_no_more(watcher)
            self._people.leave(watcher)
            self.watching.leave(watcher)

    def _watcher(self, receiver: Receiver) -> Watcher:
        watcher = self.watching.watchers.get(receiver)
        if watcher is None:
            watcher = Watcher(receiver, self._visibility.view_class(receiver.member))
            watcher.is_out = self._is_pending(watcher.member)
            self.watching.enter(watcher)
        return watcher

    def _view(self, view_class: ViewClass) -> View:
        view = self._views.get(view_class)
        if view is None:
            seats = self._visibility.seats
            counts = Counts(lambda member: seats(view_class, member), self._places, self._seen)
            view = self._views[view_class] = View(counts, self._seen, self._organisation.members)
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
        view = self._view(watcher.view_class)
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
        self._wait_no_more(watcher)
        self.watching.join(watcher, None)
        watcher.is_out = True

    def _is_pending(self, member: int) -> bool:
        return member in self._changed or member in self._looking

    def _wait_no_more(self, watcher: Watcher) -> None:
        view = self._views.get(watcher.view_class)
        if view is not None:
            view.waiting.pop(watcher.receiver, None)

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
        self._places.clear()
        there = [unit for unit in units if unit in self._organisation]
        self.members_changed({member for unit in there for member in self._organisation.members_below(unit)})

    def rules_changed(self) -> None:
        """Anything may be otherwise for anybody. Until all is counted anew nothing is told of units or people."""
        self._places.clear()
        self._rules += 1
        for view in self._views.values():
            view.is_ready = False
        self._count_soon()

    def viewer_changed(self, member: int) -> None:
        """He has other contacts, other direct conversations. (Other units, another scope: ``members_changed``.)"""
        for watcher in self.watching.of_member.get(member, ()):
            self._tell(self._people.judge_by(watcher))

    def _judge(self, watcher: Watcher) -> None:
        self._tell(self._people.judge_by(watcher))
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
        urgent, due = self._is_urgent and now >= self._at_once_from, self._next_beat is not None and now >= self._next_beat
        if (urgent or due) and not self._is_flushing:
            self._is_flushing = True
            self._do(self._flush(now))
        if urgent:
            self._is_urgent = False
            self._at_once_from = now + AT_ONCE_EVERY
        if not self._is_dirty:
            self._next_beat = None
        elif self._next_beat is None or due:
            self._next_beat = now + BEAT
        waits = [at for at in (self._next_beat, self._at_once_from if self._is_urgent else None) if at is not None]
        return min(waits, default=None)

    def tidy(self, now: int) -> None:
        """Every now and then: forget the classes that nobody has watched for a while."""
        for view_class, view in list(self._views.items()):
            if view.interests or view.waiting:
                view.unwatched_since = None
            elif view.unwatched_since is None:
                view.unwatched_since = now
            elif now - view.unwatched_since >= FORGET_AFTER:
                del self._views[view_class]
        self._slow_next = {unit: at for unit, at in self._slow_next.items() if at > now}

    @property
    def _is_dirty(self) -> bool:
        return bool(self._people.dirty) or any(view.dirty for view in self._views.values() if view.is_ready)

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
                for view in self._views.values():
                    self._urgent |= view.refresh(member)
                self._tell(self._people.judge_of(member))
                count += 1 + len(self._views)
                if count >= REFRESHES_A_STEP:
                    count = 0
                    yield
            self._is_urgent = True
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
        view = next((one for one in self._views.values() if not one.is_ready), None)
        if view is not None and self._judged_by == self._rules == rules:
            view.counts.begin(person.id for person in self._organisation.people)
            while not view.counts.count(MEMBERS_A_STEP) and self._rules == rules:
                yield
            if self._rules == rules:
                view.is_ready = True
                yield from self._ready(view)
        self._is_counting = False
        if self._judged_by != self._rules or any(not view.is_ready for view in self._views.values()):
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
        urgent, self._urgent = self._urgent, set()
        slow_next = dict(self._slow_next)

        def later(unit: int) -> bool:
            return self.watching.watch_count[unit] > MANY_WATCHERS and unit not in urgent and now < slow_next.get(unit, 0)

        for view in list(self._views.values()):
            yield from self._compare(view, later, now)
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
            if self.watching.watch_count[picture.unit] > MANY_WATCHERS:
                self._slow_next[picture.unit] = now + SLOW_BEAT
            view.changes(picture, self._telling)
            if done % PICTURES_A_STEP == 0:
                yield

    def _send(self) -> None:
        """One frame for all who want the same."""
        telling, self._telling = self._telling, {}
        self._tell((list(interest.receivers), frame_of(pieces)) for interest, pieces in telling.items() if interest.receivers)
