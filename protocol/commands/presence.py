"""Presence: one's own, and whose one watches."""

from typing import Annotated, Literal

from msgspec import Meta

from .. import limits
from .command import NO_NUL, Command, Id

Where = Literal["tree", "contact", "direct"]
Units = Annotated[tuple[Id, ...], Meta(max_length=limits.WATCHED_UNITS)]
People = Annotated[tuple[Id, ...], Meta(max_length=limits.WATCHED_PEOPLE)]


class SetStatus(Command, frozen=True, tag="set_status"):
    """One's own choice, for all devices, kept until the next one.

    ``{"type": "set_status", "request": 31, "status": 3, "text": "back at two"}``: 1 online, 2 away, 3 busy, 4 do not
    disturb, 5 invisible. Without a text there is none.
    """

    status: Annotated[int, Meta(ge=1, le=5)]
    text: Annotated[str, Meta(max_length=limits.STATUS_CHARACTERS, pattern=NO_NUL)] = ""


class SetIdle(Command, frozen=True, tag="set_idle"):
    """Nobody has touched this device for a while, or somebody does again; who is idle wherever he is there, and online, is away."""

    idle: bool


class WatchUnits(Command, frozen=True, tag="watch_units"):
    """Begin with ``units`` (their counts and the members directly in them) and ``counts`` (counts alone), end with ``no_more``.

    From now on this connection hears `units_presence` of them; the first is whole.
    """

    units: Units = ()
    counts: Units = ()
    no_more: Units = ()


class WatchPeople(Command, frozen=True, tag="watch_people"):
    """Begin and end with people one by one: as frequent contacts, as the other of a direct conversation, or found in the tree.

    From now on this connection hears `people_presence` of them, for this place.
    """

    where: Where
    members: People = ()
    no_more: People = ()


class GetLastSeen(Command, frozen=True, tag="get_last_seen"):
    """When these were there last, of those who show it: ``{"type": "get_last_seen", "request": 36, "where": "tree", "members": ["…"]}``."""

    where: Where
    members: Annotated[tuple[Id, ...], Meta(max_length=limits.PAGE)]
