"""The system conversation: where the server itself says something to one member, who cannot write there.

Each member has at most one; it begins with the first message. What is said, and to whom, is its callers' business.
"""

import os

import msgspec

from protocol.codec import MESSAGEPACK
from storage import conversations
from storage.conversations import Ledger
from storage.draw import draw_id
from storage.work import Work

NOBODY = 0  # the sender: on the wire the empty text


async def tell(work: Work, company: int, member: int, text: str) -> None:
    """A message that counts as unread; some ten statements in the turn."""
    body = MESSAGEPACK.check_body(msgspec.msgpack.encode({"kind": "text", "text": text}))
    there = await conversations.system_of(work, company, member)
    if there is None:
        ledger = await Ledger.create(work, draw_id(), company, "system", muted=True)
        await ledger.join([(company, member)], 1)
    else:
        ledger = Ledger(work, there)
    await ledger.note(body, by=NOBODY, salt=os.urandom(16), countable=True)
    await ledger.close()
