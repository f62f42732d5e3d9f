"""The message log and the feed (DESIGN 5 to 7, LOG A to D).

A message row holds the first version and stays as it is but for ``change``, ``version`` and the flags; later versions (edits, the recall)
are rows of their own, so the archive has everything that was ever sent. Canonical body bytes and salt are what leaves commit to
(DESIGN 12). Messages are not clustered by (conversation, seq): on SQLite that doubles their cost (LOG A9).
"""

import sqlalchemy as sa

from .types import Bytes, counter, flag, index_of, maybe, number, table, text

messages = table(
    "messages",
    number("home"),
    number("conversation"),
    number("seq"),
    counter("change"),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    number("member"),
    sa.Column("client_id", Bytes),
    text("kind"),
    sa.Column("body", Bytes),
    sa.Column("salt", Bytes),
    number("sent_at"),
    number("countable"),
    number("mention_all"),
    counter("reply_to"),
    maybe("source_conversation"),  # of a forward: what 'other content' is judged by
    maybe("source_seq"),
    flag("recalled"),
    flag("reacted"),
    maybe("pinned_at"),
    # by home first, so that a distributed PostgreSQL can place them; on SQLite a constant in front costs each insert 5 µs
    index_of("postgresql", "uq_messages_seq", "home", "conversation", "seq"),
    index_of("sqlite", "uq_messages_conversation_seq", "conversation", "seq"),
    sa.Index("uq_messages_client_id", "client_id", "member", "conversation", unique=True),
    sa.Index(
        "ix_messages_change",
        "conversation",
        "change",
        sqlite_where=sa.text("change > 0"),
        postgresql_where=sa.text("change > 0"),
    ),
    sa.Index(
        "ix_messages_pinned",
        "conversation",
        sqlite_where=sa.text("pinned_at IS NOT NULL"),
        postgresql_where=sa.text("pinned_at IS NOT NULL"),
    ),
)

versions = table(
    "versions",
    number("home"),
    number("conversation"),
    number("seq"),
    sa.Column("version", sa.Integer, nullable=False),
    text("what"),  # edit, recall
    number("member"),
    sa.Column("body", Bytes),
    sa.Column("salt", Bytes),
    counter("reply_to"),
    number("at"),
    sa.PrimaryKeyConstraint("home", "conversation", "seq", "version"),
)

reactions = table(
    "reactions",
    number("conversation"),
    number("seq"),
    number("member"),
    text("emoji"),
    number("at"),
    sa.PrimaryKeyConstraint("conversation", "seq", "emoji", "member"),
    rowid=False,
)

feed = table(
    "feed",
    number("position", primary_key=True, autoincrement=False),
    sa.Column("batch", Bytes, nullable=False),
    number("at"),
    sa.Column("payload", Bytes, nullable=False),
)

company_log = table(
    "company_log",
    number("company"),
    number("position"),
    number("ordinal"),
    counter("at"),
    sa.Column("what", Bytes, nullable=False),
    sa.PrimaryKeyConstraint("company", "position", "ordinal"),
    rowid=False,
)
