"""What nodes say to each other of presence: facts, never encodings, numbered so that what is lost is noticed (DESIGN 9)."""

import msgspec

from server.presence.sessions import Gone
from server.presence.statuses import Said


class Word(msgspec.Struct, frozen=True, array_like=True):
    """``number`` is that of the node's last word with facts.

    ``whole``: these are all its facts. ``asks``: of which node this one has missed something.
    """

    node: str
    number: int
    said: tuple[Said, ...] = ()
    gone: tuple[Gone, ...] = ()
    whole: bool = False
    asks: str = ""
