"""The view classes of a company that are watched, or were a moment ago: made when one is first watched, forgotten after a while."""

from collections.abc import Iterator, Mapping

from server.presence.counts import Counts, Places
from server.presence.flush import View
from server.presence.statuses import Seen
from server.presence.visible import ViewClass, Visibility
from server.presence.watching import Watcher

FORGET_AFTER = 60_000
"""A class that nobody watches is kept for so long."""


class Views:
    def __init__(self, visibility: Visibility, seen: Mapping[int, Seen]) -> None:
        self._visibility = visibility
        self._seen = seen
        self._places = Places(lambda unit: visibility.organisation.ancestors(unit))
        self._views: dict[ViewClass, View] = {}

    def __iter__(self) -> Iterator[View]:
        return iter(self._views.values())

    def __len__(self) -> int:
        return len(self._views)

    def of(self, view_class: ViewClass) -> View:
        view = self._views.get(view_class)
        if view is None:
            seats = self._visibility.seats
            counts = Counts(lambda member: seats(view_class, member), self._places, self._seen)
            view = self._views[view_class] = View(counts, self._seen, lambda unit: self._visibility.organisation.members(unit))
        return view

    @property
    def unready(self) -> View | None:
        """One that has to be counted."""
        return next((view for view in self if not view.is_ready), None)

    @property
    def are_dirty(self) -> bool:
        return any(view.dirty for view in self if view.is_ready)

    @property
    def dirty(self) -> set[int]:
        """Units that changed for any of them."""
        return {unit for view in self for unit in view.dirty}

    def wait_no_more(self, watcher: Watcher) -> None:
        view = self._views.get(watcher.view_class)
        if view is not None:
            view.waiting.pop(watcher.receiver, None)

    # ---- what changes

    def tree_changed(self) -> None:
        """Units lie elsewhere: what was added is taken back as it was."""
        self._places.clear()

    def all_changed(self) -> None:
        self._places.clear()
        for view in self:
            view.is_ready = False

    def tidy(self, now: int) -> None:
        for view_class, view in list(self._views.items()):
            if view.interests or view.waiting:
                view.unwatched_since = None
            elif view.unwatched_since is None:
                view.unwatched_since = now
            elif now - view.unwatched_since >= FORGET_AFTER:
                del self._views[view_class]
