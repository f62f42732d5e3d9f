"""What a member's sessions say, merged into what his own devices see and what others see of him (SPEC G1, G3).

It decides from values alone. The last choice of any of his devices holds for the member; whether he is away by idleness is each
session's own, so who is idle at the desk and busy on the phone is online.
"""

import enum
from collections.abc import Collection, Mapping
from typing import NamedTuple

import msgspec


class Status(enum.IntEnum):
    """The numbers are the wire's."""

    OFFLINE = 0
    ONLINE = 1
    AWAY = 2
    BUSY = 3
    DO_NOT_DISTURB = 4
    INVISIBLE = 5


CHOICES = (Status.ONLINE, Status.AWAY, Status.BUSY, Status.DO_NOT_DISTURB, Status.INVISIBLE)
DEVICE_BITS: Mapping[str, int] = {"desktop": 8, "phone": 16, "web": 32, "terminal": 64}
STATUS_BITS = 7


class Said(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What one session says of itself and of its member's choice; also the fact that nodes exchange.

    ``chosen_at``: when the member chose ``status`` and ``text``, in milliseconds; of several sessions' the last choice holds.
    ``is_idle``: nobody has touched the device for a while, as the client tells.
    """

    session: int
    member: int
    company: int
    device_class: str
    status: int = Status.ONLINE
    text: str = ""
    chosen_at: int = 0
    is_idle: bool = False


class Seen(NamedTuple):
    """What others see: ``code`` is a status with the bits of the device classes that the member is there with; 0 is offline."""

    code: int
    text: str

    @property
    def status(self) -> Status:
        return Status(self.code & STATUS_BITS)

    @property
    def devices(self) -> list[str]:
        return [name for name, bit in DEVICE_BITS.items() if self.code & bit]


OFFLINE = Seen(0, "")
_PLAIN = {code: Seen(code, "") for code in range(1, 128)}


class Standing(NamedTuple):
    """``own`` is the truth by device class, for the member's own devices; ``seen`` is what others see."""

    status: Status
    text: str
    own: tuple[tuple[str, int], ...]
    seen: Seen


NOWHERE = Standing(Status.OFFLINE, "", (), OFFLINE)


def merge(said: Collection[Said]) -> Standing:
    """Of all his sessions, on all nodes. An invisible member is offline to everybody else (SPEC G3)."""
    if not said:
        return NOWHERE
    choice = max(said, key=lambda one: (one.chosen_at, one.session)) if len(said) > 1 else next(iter(said))
    by_class: dict[str, int] = {}
    for one in said:
        state = Status.AWAY if choice.status == Status.ONLINE and one.is_idle else choice.status
        there = by_class.get(one.device_class)
        by_class[one.device_class] = state if there is None else min(state, there)  # online before away
    status = Status(min(by_class.values()))
    return Standing(status, choice.text, tuple(sorted(by_class.items())), _seen(status, choice.text, by_class))


def _seen(status: Status, text: str, by_class: Collection[str]) -> Seen:
    if status is Status.INVISIBLE:
        return OFFLINE
    code = int(status)
    for device_class in by_class:
        code |= DEVICE_BITS.get(device_class, 0)
    return Seen(code, text) if text else _PLAIN[code]
