"""What decides at sign-in: which member a right password opens, and which new passwords are good (SPEC D1, A4, DESIGN 4)."""

import unicodedata
from collections.abc import Iterable, Sequence

from protocol.errors import MemberNotFound
from protocol.events import Choice
from protocol.ids import to_wire
from server.accounts.errors import (
    ChooseMember,
    PasswordIsName,
    PasswordTooLong,
    PasswordTooShort,
    PasswordUnchanged,
    PasswordWellKnown,
    SignInWrong,
)
from server.accounts.names import fold
from server.accounts.well_known import is_well_known
from storage.accounts import Place
from storage.writer.errors import CompanySuspended, MemberDisabled

SHORTEST = 8
LONGEST = 200


def choose(places: Sequence[Place], *, named: int | None, chosen: int | None, only_company: int | None) -> Place:
    """The member that a right password opens.

    ``places``: the account's members. ``named``: the member that the login name goes to, None for phone and mail. ``chosen``: by the
    person, where there are several. ``only_company``: after a reset the password opens that company's member alone.

    Raises: SignInWrong, MemberNotFound, ChooseMember, MemberDisabled, CompanySuspended.
    """
    opened = [place for place in places if only_company in (None, place.company) and named in (None, place.member)]
    if not opened:
        raise SignInWrong
    if chosen is not None:
        opened = [place for place in opened if place.member == chosen]
        if not opened:
            raise MemberNotFound
    usable = [place for place in opened if place.state == "active" and not place.suspended]
    if len(usable) > 1:
        raise ChooseMember([Choice(to_wire(place.member), place.company_name, place.name) for place in usable])
    if not usable:
        check_admissible(opened[0])
    return usable[0]


def check_admissible(place: Place) -> None:
    """Raises: MemberDisabled (also for drafts and deleted members), CompanySuspended. An expired company may come in (SPEC A1)."""
    if place.state != "active":
        raise MemberDisabled
    if place.suspended:
        raise CompanySuspended


def prepared(password: str) -> str:
    """As it is hashed: one spelling of the same characters, whatever keyboard or input method they came from (RFC 8265, 4.2)."""
    return unicodedata.normalize("NFKC", password)


def attempted(typed: str) -> str:
    """What is checked of a password that was typed: one that is longer than any can be is as wrong as none, and costs the same."""
    return typed if len(typed) <= LONGEST else ""


def check_new_password(new: str, *, old: str, names: Iterable[str]) -> None:
    """``names``: the person's login names, name, nickname, and those of the company.

    Raises: PasswordTooShort, PasswordTooLong, PasswordUnchanged, PasswordIsName, PasswordWellKnown.
    """
    if len(new) > LONGEST:  # before anything is made of it: it may be as long as a frame
        raise PasswordTooLong(LONGEST)
    plain = prepared(new)
    if len(plain) < SHORTEST:
        raise PasswordTooShort(SHORTEST)
    if plain == prepared(old):
        raise PasswordUnchanged
    if any(_bare(plain) == _bare(name) for name in names if name):
        raise PasswordIsName
    if is_well_known(plain.casefold()):
        raise PasswordWellKnown


def _bare(text: str) -> str:
    return fold("".join(text.split()))
