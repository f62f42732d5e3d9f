"""Newcomers: what an administrator says of them, the rows that it makes, and how many go into one act.

When they may come is the service's.
"""

from collections.abc import Iterator, Sequence

import msgspec

from server.org import card_values
from storage.draw import draw_id
from storage.members import NewMember

ROWS_AT_ONCE = 450  # of the 500 that an act may write (LOG C1)
ROWS_A_MEMBER = 7  # account, member, login name, number, and up to three of an information scope
CARD = ("name", "nickname", "gender", "job_title", "phone", "mail", "employee_no")


class Newcomer(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to add. Without a ``number`` he gets the next of the company's segment. ``units``: ids, the first is the primary one."""

    name: str
    number: str = ""
    nickname: str = ""
    gender: str = ""
    job_title: str = ""
    phone: str = ""
    mail: str = ""
    employee_no: str = ""
    pinyin: str = ""
    units: tuple[int, ...] = ()


class Added(msgspec.Struct, frozen=True):
    """``password`` is the drawn one, told this once; empty where the administrator or the company gave it."""

    member: int
    number: str
    password: str


def new_member(
    one: Newcomer,
    company: int,
    number: str,
    stored: str | None,
    must_change: bool,
    role: int | None,
    draft: bool = False,
    scope: tuple[int, ...] = (),
) -> NewMember:
    """Raises: as ``card_values.checked``, PinyinInvalid."""
    card = {name: card_values.checked(name, getattr(one, name)) for name in CARD}
    return NewMember(
        id=draw_id(),
        company=company,
        account=draw_id(),
        password_hash=stored,
        must_change_password=must_change,
        number=number,
        units=one.units,
        role=role,
        scope=scope,
        state="draft" if draft else "active",
        pinyin=card_values.pinyin(card["name"], one.pinyin),
        **card,
    )


def pieces(newcomers: Sequence[Newcomer]) -> Iterator[list[Newcomer]]:
    """So many that an act may write all their rows."""
    piece: list[Newcomer] = []
    rows = 0
    for one in newcomers:
        rows += ROWS_A_MEMBER + len(one.units)
        if piece and rows > ROWS_AT_ONCE:
            yield piece
            piece, rows = [], ROWS_A_MEMBER + len(one.units)
        piece.append(one)
    if piece:
        yield piece
