"""What stands in the log and the feed, read straight from the tables, and the laws that must hold of it (LOG A, D, H)."""

import sqlalchemy as sa

from storage.engine import Storage
from storage.schema.log import messages
from storage.statements import column, statement
from storage.work import Work

SEQS = statement(sa.select(messages.c.seq).where(messages.c.conversation == column("conversation")).order_by(messages.c.seq))


async def tell(work: Work) -> int:
    """The smallest act: tell the feed of a member; gives its position."""
    work.wrote = True
    work.member_changed(1)
    return work.position


async def seqs_of(storage: Storage, conversation: int) -> list[int]:
    return [row[0] for row in await storage.read(lambda read: read.all(SEQS, conversation=conversation))]
