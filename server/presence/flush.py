"""What the watchers of a view class were told of its units, and what they have to be told now (DESIGN 9).

A picture is kept, compared and encoded once for each (unit, class) that somebody watches. It is compared at the flush with what holds
then: a state that flipped back is never sent, and nobody who was hidden meanwhile is in it. When a flush is due is ``company``'s.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from protocol.events import UnitPresence
from protocol.ids import to_wire
from server.delivery.online import Receiver
from server.delivery.wire import Shared
from server.presence.counts import Counts
from server.presence.frames import FRAME_MEMBERS, Piece, coded, frame_of
from server.presence.statuses import OFFLINE, Seen
from server.presence.watching import Interest, Wants


class Picture:
    """A unit as a class was told of it. ``told`` is of the members directly in it, kept while somebody watches them."""

    __slots__ = ("_whole", "changed", "for_counts", "for_members", "is_doubtful", "online", "told", "total", "unit")

    def __init__(self, unit: int) -> None:
        self.unit = unit
        self.online = self.total = 0
        self.told: dict[int, Seen] = {}
        self.changed: set[int] = set()
        self.for_members: set[Interest] = set()
        self.for_counts: set[Interest] = set()
        self.is_doubtful = False
        self._whole: dict[bool, Piece] = {}

    def whole(self, with_members: bool) -> Piece:
        """As told last, for who begins to watch: so he has what the others have, and hears with them what comes."""
        piece = self._whole.get(with_members)
        if piece is None:
            seen, texts = coded(self.told.items()) if with_members else ((), {})
            piece = self._whole[with_members] = Piece(UnitPresence(to_wire(self.unit), self.online, self.total, seen, texts))
        return piece

    def take(self, counts: Counts, members: Iterable[int], seen: Mapping[int, Seen]) -> None:
        """All of its members that are seen now are told from now on, as somebody asks for them for the first time."""
        self.told = {member: seen[member] for member in members if member in seen and self._holds(counts, member)}
        self.changed.clear()
        self._whole.clear()

    def count(self, counts: Counts) -> None:
        self.online, self.total = counts.of(self.unit)
        self._whole.clear()

    def changes(self, counts: Counts, seen: Mapping[int, Seen]) -> tuple[Piece | None, Piece | None]:
        """What is new: for who watches the members, and for who watches the counts."""
        online, total = counts.of(self.unit)
        counted = (online, total) != (self.online, self.total)
        found = self._changed(counts, seen) if self.changed else []
        self.changed.clear()
        if not counted and not found:
            return None, None
        self.online, self.total = online, total
        self._whole.clear()
        unit = to_wire(self.unit)
        codes, texts = coded(found)
        for member, (before, now) in zip((one for one, _ in found), self._tell(found), strict=True):
            if before.text and not now.text and now.code:
                texts[to_wire(member)] = ""
        bare = Piece(UnitPresence(unit, online, total)) if counted else None
        return Piece(UnitPresence(unit, online, total, codes, texts)), bare

    def _changed(self, counts: Counts, seen: Mapping[int, Seen]) -> list[tuple[int, Seen]]:
        found = []
        for member in self.changed:
            now = seen.get(member, OFFLINE) if self._holds(counts, member) else OFFLINE
            if now != self.told.get(member, OFFLINE):
                found.append((member, now))
        return found

    def _tell(self, found: list[tuple[int, Seen]]) -> Iterator[tuple[Seen, Seen]]:
        for member, now in found:
            yield self.told.get(member, OFFLINE), now
            if now.code:
                self.told[member] = now
            else:
                del self.told[member]

    def _holds(self, counts: Counts, member: int) -> bool:
        place = counts.placed.get(member)
        return place is not None and self.unit in place.seats


class View:
    """What one view class has: its counts, its pictures, and who is interested in them.

    While it is not ``is_ready`` nothing is told of it: it is being counted, and its watchers wait.
    """

    def __init__(self, counts: Counts, seen: Mapping[int, Seen], members_of: Callable[[int], Iterable[int]]) -> None:
        self.counts = counts
        self.is_ready = False
        self.pictures: dict[int, Picture] = {}
        self.interests: dict[Wants, Interest] = {}
        self.dirty: set[int] = set()
        self.waiting: dict[Receiver, None] = {}
        """Who began to watch something while it was not ready."""
        self.unwatched_since: int | None = None
        self._seen = seen
        self._members_of = members_of

    # ---- who is interested

    def interest(self, wants: Wants) -> Interest:
        interest = self.interests.get(wants)
        if interest is None:
            interest = self.interests[wants] = Interest(self, wants)
            for unit, with_members in wants:
                self._open(unit, interest, with_members)
        return interest

    def _open(self, unit: int, interest: Interest, with_members: bool) -> None:
        picture = self.pictures.get(unit)
        if picture is None:
            picture = self.pictures[unit] = Picture(unit)
            picture.count(self.counts)
        if not with_members:
            picture.for_counts.add(interest)
            return
        if not picture.for_members:
            picture.take(self.counts, self._members_of(unit), self._seen)
        picture.for_members.add(interest)

    def drop(self, interest: Interest) -> None:
        """Nobody has it any more."""
        del self.interests[interest.wants]
        for unit, with_members in interest.wants:
            picture = self.pictures[unit]
            (picture.for_members if with_members else picture.for_counts).discard(interest)
            if not picture.for_members and not picture.for_counts:
                del self.pictures[unit]

    # ---- what changed

    def flipped(self, member: int, before: Seen, now: Seen) -> None:
        """Others see him otherwise from now on."""
        place = self.counts.placed.get(member)
        if place is None:
            return
        if (before.code == 0) != (now.code == 0):
            self.counts.flip(place, 1 if now.code else -1)
            self.dirty.update(place.above)
        pictures = self.pictures
        for unit in place.seats:
            picture = pictures.get(unit)
            if picture is not None and picture.for_members:
                picture.changed.add(member)
                self.dirty.add(unit)

    def refresh(self, member: int) -> set[int]:
        """He is shown elsewhere, or to others, from now on: the units that it touches."""
        before, now = self.counts.refresh(member)
        if before is now:
            return set()
        touched: set[int] = set()
        for place in (before, now):
            if place is not None:
                touched.update(place.above)
                for unit in place.seats:
                    picture = self.pictures.get(unit)
                    if picture is not None and picture.for_members:
                        picture.changed.add(member)
        self.dirty |= touched
        return touched

    def doubt(self) -> None:
        """Everything may be otherwise: all that was told is compared at the next flush."""
        for picture in self.pictures.values():
            picture.is_doubtful = True
        self.dirty = set(self.pictures)

    # ---- what is told

    def due(self, slow: Callable[[int], bool]) -> list[Picture]:
        """The pictures that a flush compares; those that are not due yet stay for a later one."""
        units = [unit for unit in self.dirty if unit in self.pictures]
        later = {unit for unit in units if slow(unit)}
        self.dirty = later
        return [self.pictures[unit] for unit in units if unit not in later]

    def changes(self, picture: Picture, told: dict[Interest, list[Piece]]) -> None:
        """Compare one picture, and add what is new of it to what each interest is told."""
        if picture.is_doubtful:
            picture.is_doubtful = False
            if picture.for_members:
                picture.changed.update(picture.told, (one for one in self._members_of(picture.unit) if one in self._seen))
        members, counts = picture.changes(self.counts, self._seen)
        if members is not None:
            for interest in picture.for_members:
                told.setdefault(interest, []).append(members)
        if counts is not None:
            for interest in picture.for_counts:
                told.setdefault(interest, []).append(counts)

    def snapshot(self, units: Iterable[int], wanted: Mapping[int, bool]) -> Iterator[Shared]:
        """All of these units, in frames of a bounded size."""
        pieces: list[Piece] = []
        members = 0
        for unit in units:
            if unit not in wanted:
                continue
            picture = self.pictures[unit]
            pieces.append(picture.whole(wanted[unit]))
            members += 1 + (len(picture.told) if wanted[unit] else 0)
            if members >= FRAME_MEMBERS:
                yield frame_of(pieces, whole=True)
                pieces, members = [], 0
        if pieces:
            yield frame_of(pieces, whole=True)
