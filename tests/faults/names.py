"""What a history calls things: a body by a hash of what it says, the same from the SDK, from the database and before it was sent.

The seq that a message replies to is left out: who may not see that one is shown the body without it.
"""

from hashlib import blake2b
from typing import Any

import msgspec

from protocol.bodies import KINDS
from tests.faults.history import RECALLED
from yizhan.messages import Message, UnknownBody


def of_plain(plain: dict[str, Any]) -> str:
    """``plain``: a body as maps, lists and strings."""
    known = KINDS.get(plain["kind"])
    if known is not None:
        plain = msgspec.to_builtins(msgspec.convert(plain, known))
    if plain["kind"] == "note":
        return f"{plain['what']} {' '.join(plain.get('members', ()))} by {plain.get('by', '')}"
    said = {name: value for name, value in plain.items() if name != "reply_to"}
    return blake2b(msgspec.json.encode(said, order="deterministic"), digest_size=9).hexdigest()


def of_stored(body: bytes | None) -> str:
    """``body``: the canonical bytes in the database."""
    return RECALLED if body is None else of_plain(msgspec.msgpack.decode(body))


def of_shown(message: Message) -> str:
    if message.body is None:
        return RECALLED
    return of_plain(message.body.data if isinstance(message.body, UnknownBody) else msgspec.to_builtins(message.body))
