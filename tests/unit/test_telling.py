"""What one position makes a connection hear, where positions were read later than they are told."""

from protocol.codec import MESSAGEPACK
from protocol.events import MarksMoved
from protocol.ids import to_wire
from server.delivery.items import Item, MarksNow, Read
from server.delivery.online import Online
from server.delivery.stays import Entry, Stays
from server.delivery.telling import Telling
from storage.feed import Moved, Payload

ROOM, LINA, WANG = 70, 11, 12


class Desk:
    """A connection of Li Na's."""

    codec = MESSAGEPACK
    company, member, session = 1, LINA, 5
    told = False

    def __init__(self) -> None:
        self.heard: list[object] = []

    def give(self, wire: bytes) -> None:
        self.heard.append(MESSAGEPACK.decode_frame(wire[4:] if wire[1] == 126 else wire[2:]))

    def resync(self) -> None: ...
    def give_way(self, code: int, reason: str) -> None: ...
    def password_changed(self) -> None: ...
    def end(self, reason: str) -> None: ...


def marked(position: int, read: int | None = None) -> Item:
    """Wang's marks moved at ``position``; of a batch of this node they are at hand."""
    item = Item(position, Payload(conversations=[Moved(ROOM, 1, 9, 9, marks=[WANG])]))
    if read is not None:
        item.marks[ROOM, WANG] = MarksNow(read, read)
    return item


def test_what_his_own_sending_raised_was_not_told_to_all_so_what_comes_after_is() -> None:
    online, stays, desk = Online(), Stays(), Desk()
    online.follow(desk)
    stays.keep(ROOM, Entry(3, {LINA: 1, WANG: 1}))
    telling = Telling(online, stays)
    sent, read = marked(4), Read(seen=6)
    sent.raised.add((ROOM, WANG))
    read.marks[ROOM, WANG] = MarksNow(8, 8)
    telling.tell(sent, read)
    telling.tell(marked(5, read=7), Read())
    assert [event.marks[0].read for event in desk.heard if isinstance(event, MarksMoved)] == [7]


def test_a_mark_that_was_read_later_than_its_position_is_not_followed_by_an_older_one() -> None:
    online, stays, desk = Online(), Stays(), Desk()
    online.follow(desk)
    stays.keep(ROOM, Entry(3, {LINA: 1, WANG: 1}))
    telling = Telling(online, stays)
    read = Read(seen=6)
    read.marks[ROOM, WANG] = MarksNow(8, 8)
    telling.tell(marked(4), read)
    telling.tell(marked(5, read=7), Read())  # at hand as of its own position, and position 6 is told already
    telling.tell(marked(6, read=8), Read())
    telling.tell(marked(7, read=9), Read())
    told = [event.marks[0].read for event in desk.heard if isinstance(event, MarksMoved) and event.conversation == to_wire(ROOM)]
    assert told == [8, 9]
