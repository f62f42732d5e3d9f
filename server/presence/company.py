"""Presence of one company: what happens to it becomes work in small steps, far below a turn's 20 ms, done strictly one after the other.

Its caller says what happened and gives the turns: ``work`` does a step, ``frames`` are to be handed out in their order. So what was
made before a member was hidden goes before the event that hides him, and nothing older follows it (DESIGN 9).
"""

from collections.abc import Callable, Iterable, Mapping

from server.presence.asking import Asking, Work
from server.presence.beats import Beats
from server.presence.flush import View
from server.presence.frames import frame_of
from server.presence.statuses import Seen
from server.presence.visible import Visibility
from server.presence.watching import Watcher

# what one step does, so that it stays at about a millisecond
MEMBERS_A_STEP = 100
REFRESHES_A_STEP = 100
WATCHES_A_STEP = 100
PICTURES_A_STEP = 16
WAITING_A_STEP = 32


class CompanyPresence(Asking):
    """``seen`` is the standings' picture; it is changed by them, and each change is told here at the same moment (``flipped``).

    ``wake`` is called when there is something to do: ``step`` until it says no, then ``beat``.
    """

    def __init__(self, visibility: Visibility, seen: Mapping[int, Seen], wake: Callable[[], object]) -> None:
        super().__init__(visibility, seen, wake)
        self._beats = Beats()
        self._changed: dict[int, None] = {}
        self._looking: set[int] = set()
        self._is_flushing = self._is_following = self._is_counting = False
        self._rules = 0
        self._judged_by = 0

    # ---- what members do

    def flipped(self, member: int, before: Seen, now: Seen) -> None:
        """Others see him otherwise from now on; ``seen`` says so already."""
        for view in self._views:
            view.flipped(member, before, now)
        self._people.flipped(member)
        if self._beats.next_at is None:
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

    def _is_pending(self, member: int) -> bool:
        return member in self._changed or member in self._looking

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
