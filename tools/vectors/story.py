"""Who and what the golden vectors tell of, and one codec with what was said in it."""

from collections.abc import Callable
from typing import Any

import msgspec

from protocol import commands as c
from protocol import events as e
from protocol.bodies import Checked
from protocol.codec import MESSAGEPACK, Codec

LI_NA, TOM, ROBOT = "mQ7f0ZkPzA", "mB3x9LwRtE", "mR0b0tR0b0"
ROOT, RESEARCH, PLATFORM, SALES = "uR0otUn1tA", "uR3searchB", "uPl4tformC", "uS4lesUn1D"
CHAT, GROUP, SELF = "cV5nJ2sYhU", "cG8dK4qWmI", "cS1lF0pNoD"
SESSION, OTHER_SESSION = "sK2hT8vXcO", "sE6jM1bZyQ"
FIRST_ID, SECOND_ID, KEPT_ID = "019b2a5d8c007e3f8a41c2d90b6f7e15", "019b2a5d9f447b20934ce8571a0d6fb2", "019b2a6ff0107d5cb2c60f93a8e4177a"
FRIENDS, SORT = "gFr1endsQ8", 1 << 20
JONES, ASKED = "mJ0nes7XaQ", "rQ4estZ2wB"
NOON = 1_766_000_000_000
LAPTOP = c.Device("d3b07384d113edec", "desktop", "Li Na's laptop")
ME = e.MemberInfo(member=LI_NA, name="李娜", number="10001", company="Northwind", job_title="Engineer", units=("R&D", "Platform"))
OWN_CARD = msgspec.structs.replace(
    ME,
    phone="13800138000",
    mail="li.na@example.com",
    star_sign="Leo",
    office_phone="8001",
    employee_no="00017",
    description="R&D, second floor",
    tags=("climbing",),
    fields={"Locker": "12"},
    bound=("mail",),
    phone_private=True,
)
TEXT: dict[str, Any] = {"kind": "text", "text": "Lunch at noon? 午饭?"}

NORTHWIND = e.TreeUnit(ROOT, "", "Northwind", 3)
UNITS = (NORTHWIND, e.TreeUnit(RESEARCH, ROOT, "R&D", 1, way=True), e.TreeUnit(PLATFORM, RESEARCH, "Platform", 1, "team"))
THEIRS = e.TreeUnit(SALES, ROOT, "Sales", 2)
IN_SALES = (e.TreeMember(TOM, "Tom", "first"), e.TreeMember(ROBOT, "Build", robot=True))


class Wire:
    """One codec, and the canonical bytes of the bodies that a frame was given."""

    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        self.bodies: list[str] = []

    def say(self, body: dict[str, Any]) -> msgspec.Raw:
        """As a client sends it."""
        self.bodies.append(check(body).canonical.hex())
        return self.codec.raw(body)

    def show(self, checked: Checked) -> msgspec.Raw:
        """As the server hands it out."""
        self.bodies.append(checked.canonical.hex())
        return self.codec.raw_body(checked.canonical)

    def lunch(self) -> e.Message:
        return e.Message(seq=7, sender=LI_NA, sent_at=NOON, body=self.show(check(TEXT)), id=FIRST_ID)

    def answer(self) -> e.Message:
        body = {"kind": "text", "text": "At one, please", "reply_to": 7}
        return e.Message(seq=8, sender=TOM, sent_at=NOON + 9000, body=self.show(check(body)), id=SECOND_ID)

    def edited(self) -> e.Message:
        body = self.show(check({"kind": "text", "text": "Lunch at one?"}))
        return e.Message(seq=7, sender=LI_NA, sent_at=NOON, body=body, id=FIRST_ID, change=3, version=2, edited_at=NOON + 20_000)

    def liked(self) -> e.Message:
        return msgspec.structs.replace(self.edited(), change=5, pinned=True, reactions={"👍": (TOM, LI_NA)})

    def chat(self, **now: Any) -> e.ConversationState:
        state = {"peer": TOM, "read": 7, "delivered": 8, "unread": 1, "last": self.answer()}
        return e.ConversationState(conversation=CHAT, kind="direct", seq=8, change=5, **{**state, **now})


def check(body: dict[str, Any]) -> Checked:
    return MESSAGEPACK.check_body(msgspec.msgpack.encode(body))


RECALLED = e.Message(seq=7, sender=LI_NA, sent_at=NOON, id=FIRST_ID, change=6, version=3, recalled=True)

Make = Callable[[Wire], c.Command | e.Frame]
