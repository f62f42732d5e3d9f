"""What outlives a node of presence: members' choices, when they were seen last, which sessions are there (SPEC G1, G6; DESIGN 9)."""

import sqlalchemy as sa

from .types import Big, Text, counter, number, table, text

member_presence = table(
    "member_presence",
    number("member", primary_key=True, autoincrement=False),
    number("company"),
    sa.Column("status", Big, nullable=False, server_default="1"),  # what he chose; nobody has a row who never chose or was seen
    text("words"),
    counter("chosen_at"),  # the last choice holds, whichever device or node it comes from
    counter("last_seen_at"),  # by others; nought: never
)

live_sessions = table(
    "live_sessions",
    number("session", primary_key=True, autoincrement=False),
    text("node"),
    number("member"),
    number("company"),
    text("device_class"),
    sa.Index(None, "node"),
)

presence_nodes = table(
    "presence_nodes",
    sa.Column("node", Text, primary_key=True),
    number("seen_at"),  # when it wrote last which sessions it has
)
