"""Members: their cards, and who is found."""

from typing import Annotated, Literal

from msgspec import Meta

from .. import limits
from .command import NO_NUL, Command, Cursor, Id, Limit, Word

Shown = Literal["shown", "own_unit", "hidden"]
Letter = Annotated[str, Meta(max_length=1, pattern="^[A-Z#]?$")]


class GetProfile(Command, frozen=True, tag="get_profile"):
    """The card of a member."""

    member: Id


class ChangeProfile(Command, frozen=True, tag="change_profile"):
    """One's own card; what is left out stays, and the empty text takes a field away, but not the name.

    ``phone_private``: nobody is shown one's phone. ``last_seen``: who is told when one was there last, if the company does not say less.
    """

    name: Word | None = None
    nickname: Word | None = None
    gender: Word | None = None
    star_sign: Word | None = None
    office_phone: Word | None = None
    signature: Annotated[str, Meta(max_length=limits.SIGNATURE_CHARACTERS, pattern=NO_NUL)] | None = None
    phone_private: bool | None = None
    last_seen: Shown | None = None
    tags: Annotated[tuple[Word, ...], Meta(max_length=limits.TAGS)] | None = None


class SearchMembers(Command, frozen=True, tag="search_members"):
    """By name, pinyin, initials, number, phone, mail: ``{"type": "search_members", "request": 5, "query": "zhangs"}``.

    Without a query everybody in the order of pinyin; with ``letter`` (A to Z, #) those under it.
    """

    query: Annotated[str, Meta(max_length=limits.QUERY_CHARACTERS, pattern=NO_NUL)] = ""
    letter: Letter = ""
    page: Cursor = ""
    limit: Limit = limits.SEARCH_PAGE


class ListDirectory(Command, frozen=True, tag="list_directory"):
    """A list of colleagues in the order of pinyin: ``{"type": "list_directory", "request": 6, "which": "online", "letter": "Z"}``.

    ``which``: all whom one finds; those of them who are online now; ``followed``, one's own frequent contacts; ``followers``, who has
    oneself among his. ``letter`` (A to Z, #): those under it alone.
    """

    which: Literal["all", "online", "followed", "followers"] = "all"
    letter: Letter = ""
    page: Cursor = ""
    limit: Limit = limits.DIRECTORY_PAGE
