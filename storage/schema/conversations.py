"""Where messages live, who is in it, and how far everybody got (DESIGN 6, LOG G, H).

Conversation and marks rows are narrow, and no index is on a column that a message changes (LOG A9).
"""

import sqlalchemy as sa

from .types import counter, flag, maybe, number, table, text

conversations = table(
    "conversations",
    number("id", primary_key=True, autoincrement=False),
    number("home"),
    text("kind"),
    text("name"),
    maybe("direct_low"),
    maybe("direct_high"),
    counter("head"),
    counter("change"),
    counter("countable"),
    counter("mention_all"),
    counter("last_at"),
    counter("place"),
    flag("dissolved"),  # also a direct one of which one member is deleted: its head never moves again (LOG G2)
    flag("muted"),
    number("created_at"),
    sa.Index("uq_conversations_direct", "direct_low", "direct_high", unique=True),
    fill=60,
)

stays = table(
    "stays",
    number("home"),
    number("conversation"),
    number("member"),
    number("from_seq"),
    maybe("to_seq"),
    sa.PrimaryKeyConstraint("home", "conversation", "member", "from_seq"),
    rowid=False,
)

marks = table(
    "marks",
    number("company"),
    number("member"),
    number("conversation"),
    counter("read"),
    counter("read_countable"),
    counter("read_mention_all"),
    counter("delivered"),
    counter("hidden"),
    maybe("end_seq"),
    maybe("end_change"),
    maybe("end_countable"),
    maybe("end_mention_all"),
    maybe("end_at"),
    flag("is_open"),
    flag("marked_unread"),
    flag("pinned_to_top"),
    flag("muted"),
    flag("archived"),
    flag("silenced"),  # by the group's administrators; in a direct one by rules between units (LOG A4)
    counter("place"),
    sa.PrimaryKeyConstraint("company", "member", "conversation"),
    fill=60,
    rowid=False,
)

drafts = table(
    "drafts",
    number("company"),
    number("member"),
    number("conversation"),
    text("text"),
    counter("place"),
    sa.PrimaryKeyConstraint("company", "member", "conversation"),
    rowid=False,
)

mentions = table(
    "mentions",
    number("member"),
    number("conversation"),
    number("seq"),
    sa.PrimaryKeyConstraint("member", "conversation", "seq"),
    rowid=False,
)

hidden = table(
    "hidden_messages",
    number("member"),
    number("conversation"),
    number("seq"),
    number("number"),
    sa.PrimaryKeyConstraint("member", "conversation", "seq"),
    sa.Index(None, "member", "conversation", "number"),
    rowid=False,
)

favourites = table(
    "favourites",
    number("company"),
    number("member"),
    sa.Column("client_id", sa.LargeBinary, nullable=False),
    number("conversation"),
    number("seq"),
    text("note"),
    number("at"),
    flag("removed"),
    counter("place"),
    sa.PrimaryKeyConstraint("company", "member", "client_id"),
)
