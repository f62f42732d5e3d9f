"""The core: companies, accounts, conversations, the log and the feed."""

import os
import time

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLES = (
    "versions",
    "units",
    "stays",
    "sign_in_failures",
    "sessions",
    "robot_tokens",
    "reactions",
    "numbers",
    "messages",
    "mentions",
    "memberships",
    "members",
    "marks",
    "login_names",
    "installation",
    "hidden_messages",
    "feed",
    "favourites",
    "drafts",
    "conversations",
    "company_log",
    "companies",
    "audit_entries",
    "accounts",
)
FILLED = (("sessions", 80), ("conversations", 60), ("marks", 60))
FLAG = sa.Boolean().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _make_tables()
    if op.get_bind().dialect.name == "postgresql":
        for table, percent in FILLED:
            op.execute(f"ALTER TABLE {table} SET (fillfactor = {percent})")
    _begin()


def _begin() -> None:
    """What every installation begins with: its epoch and key, the first position, the built-in companies."""
    connection = op.get_bind()
    now = int(time.time() * 1000)  # noqa: TID251 (a migration runs once, outside the server)
    connection.execute(
        sa.text("INSERT INTO installation (name, value) VALUES ('epoch', :epoch), ('token_key', :key)"),
        {"epoch": os.urandom(16), "key": os.urandom(32)},
    )
    connection.execute(
        sa.text("INSERT INTO feed (position, batch, at, payload) VALUES (0, :batch, :at, :payload)"),
        {"batch": os.urandom(16), "at": now, "payload": b"\x90"},
    )
    for number, kind in (("personal", "personal"), ("operator", "operator")):
        connection.execute(
            sa.text("INSERT INTO companies (number, kind, name, short_name, created_at) VALUES (:number, :kind, :number, :number, :at)"),
            {"number": number, "kind": kind, "at": now},
        )


def _make_tables() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("password_version", BIG, server_default="0", nullable=False),
        sa.Column("must_change_password", FLAG, server_default=sa.false(), nullable=False),
        sa.Column("only_company", BIG, nullable=True),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("password_changed_at", BIG, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_table(
        "audit_entries",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("company", BIG, nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("actor_kind", sa.Text(), server_default="", nullable=False),
        sa.Column("actor", BIG, nullable=True),
        sa.Column("actor_name", sa.Text(), server_default="", nullable=False),
        sa.Column("act", sa.Text(), server_default="", nullable=False),
        sa.Column("outcome", sa.Text(), server_default="done", nullable=False),
        sa.Column("details", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index(op.f("ix_audit_entries_company_at"), "audit_entries", ["company", "at"], unique=False)
    op.create_table(
        "companies",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="company", nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("short_name", sa.Text(), server_default="", nullable=False),
        sa.Column("time_zone", sa.Text(), server_default="Asia/Shanghai", nullable=False),
        sa.Column("device_policy", sa.Text(), server_default="one_per_class", nullable=False),
        sa.Column("seats", BIG, server_default="0", nullable=False),
        sa.Column("expires_at", BIG, nullable=True),
        sa.Column("suspended", FLAG, server_default=sa.false(), nullable=False),
        sa.Column("demo", FLAG, server_default=sa.false(), nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("next_number", BIG, server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_companies")),
        sa.UniqueConstraint("number", name=op.f("uq_companies_number")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_table(
        "company_log",
        sa.Column("company", BIG, nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("ordinal", BIG, nullable=False),
        sa.Column("what", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("company", "position", "ordinal", name=op.f("pk_company_log")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "conversations",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("home", BIG, nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("direct_low", BIG, nullable=True),
        sa.Column("direct_high", BIG, nullable=True),
        sa.Column("head", BIG, server_default="0", nullable=False),
        sa.Column("change", BIG, server_default="0", nullable=False),
        sa.Column("countable", BIG, server_default="0", nullable=False),
        sa.Column("mention_all", BIG, server_default="0", nullable=False),
        sa.Column("last_at", BIG, server_default="0", nullable=False),
        sa.Column("place", BIG, server_default="0", nullable=False),
        sa.Column("dissolved", FLAG, server_default=sa.false(), nullable=False),
        sa.Column("muted", FLAG, server_default=sa.false(), nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index("uq_conversations_direct", "conversations", ["direct_low", "direct_high"], unique=True)
    op.create_table(
        "drafts",
        sa.Column("company", BIG, nullable=False),
        sa.Column("member", BIG, nullable=False),
        sa.Column("conversation", BIG, nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("place", BIG, server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("company", "member", "conversation", name=op.f("pk_drafts")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "favourites",
        sa.Column("company", BIG, nullable=False),
        sa.Column("member", BIG, nullable=False),
        sa.Column("client_id", sa.LargeBinary(), nullable=False),
        sa.Column("conversation", BIG, nullable=False),
        sa.Column("seq", BIG, nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("removed", FLAG, server_default=sa.false(), nullable=False),
        sa.Column("place", BIG, server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("company", "member", "client_id", name=op.f("pk_favourites")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_table(
        "feed",
        sa.Column("position", BIG, autoincrement=False, nullable=False),
        sa.Column("batch", sa.LargeBinary(), nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_feed")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_table(
        "hidden_messages",
        sa.Column("member", BIG, nullable=False),
        sa.Column("conversation", BIG, nullable=False),
        sa.Column("seq", BIG, nullable=False),
        sa.Column("number", BIG, nullable=False),
        sa.PrimaryKeyConstraint("member", "conversation", "seq", name=op.f("pk_hidden_messages")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_hidden_messages_member_conversation_number"), "hidden_messages", ["member", "conversation", "number"], unique=False
    )
    op.create_table(
        "installation",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_installation")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_table(
        "login_names",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("account", BIG, nullable=False),
        sa.Column("member", BIG, nullable=True),
        sa.Column("verified_at", BIG, nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_login_names")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index(op.f("ix_login_names_account"), "login_names", ["account"], unique=False)
    op.create_table(
        "marks",
        sa.Column("company", BIG, nullable=False),
        sa.Column("member", BIG, nullable=False),
        sa.Column("conversation", BIG, nullable=False),
        sa.Column("read", BIG, server_default="0", nullable=False),
        sa.Column("read_countable", BIG, server_default="0", nullable=False),
        sa.Column("read_mention_all", BIG, server_default="0", nullable=False),
        sa.Column("delivered", BIG, server_default="0", nullable=False),
        sa.Column("hidden", BIG, server_default="0", nullable=False),
        sa.Column("end_seq", BIG, nullable=True),
        sa.Column("end_change", BIG, nullable=True),
        sa.Column("end_countable", BIG, nullable=True),
        sa.Column("end_mention_all", BIG, nullable=True),
        sa.Column("end_at", BIG, nullable=True),
        sa.Column("is_open", FLAG, server_default=sa.false(), nullable=False),
        sa.Column("marked_unread", FLAG, server_default=sa.false(), nullable=False),
        sa.Column("pinned_to_top", FLAG, server_default=sa.false(), nullable=False),
        sa.Column("muted", FLAG, server_default=sa.false(), nullable=False),
        sa.Column("archived", FLAG, server_default=sa.false(), nullable=False),
        sa.Column("silenced", FLAG, server_default=sa.false(), nullable=False),
        sa.Column("place", BIG, server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("company", "member", "conversation", name=op.f("pk_marks")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "members",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("company", BIG, nullable=False),
        sa.Column("account", BIG, nullable=True),
        sa.Column("kind", sa.Text(), server_default="person", nullable=False),
        sa.Column("state", sa.Text(), server_default="active", nullable=False),
        sa.Column("state_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("number", sa.Text(), server_default="", nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("nickname", sa.Text(), server_default="", nullable=False),
        sa.Column("gender", sa.Text(), server_default="", nullable=False),
        sa.Column("job_title", sa.Text(), server_default="", nullable=False),
        sa.Column("phone", sa.Text(), server_default="", nullable=False),
        sa.Column("mail", sa.Text(), server_default="", nullable=False),
        sa.Column("signature", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("joined_at", BIG, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_members")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index(op.f("ix_members_account"), "members", ["account"], unique=False)
    op.create_index(op.f("ix_members_company_number_id"), "members", ["company", "number", "id"], unique=False)
    op.create_index(op.f("ix_members_company_state"), "members", ["company", "state"], unique=False)
    op.create_table(
        "memberships",
        sa.Column("company", BIG, nullable=False),
        sa.Column("unit", BIG, nullable=False),
        sa.Column("member", BIG, nullable=False),
        sa.Column("is_primary", FLAG, server_default=sa.false(), nullable=False),
        sa.Column("sort", BIG, server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("company", "member", "unit", name=op.f("pk_memberships")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_memberships_company_unit"), "memberships", ["company", "unit"], unique=False)
    op.create_table(
        "mentions",
        sa.Column("member", BIG, nullable=False),
        sa.Column("conversation", BIG, nullable=False),
        sa.Column("seq", BIG, nullable=False),
        sa.PrimaryKeyConstraint("member", "conversation", "seq", name=op.f("pk_mentions")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "messages",
        sa.Column("home", BIG, nullable=False),
        sa.Column("conversation", BIG, nullable=False),
        sa.Column("seq", BIG, nullable=False),
        sa.Column("change", BIG, server_default="0", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("member", BIG, nullable=False),
        sa.Column("client_id", sa.LargeBinary(), nullable=True),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("sent_at", BIG, nullable=False),
        sa.Column("countable", BIG, nullable=False),
        sa.Column("mention_all", BIG, nullable=False),
        sa.Column("reply_to", BIG, server_default="0", nullable=False),
        sa.Column("source_conversation", BIG, nullable=True),
        sa.Column("source_seq", BIG, nullable=True),
        sa.Column("recalled", FLAG, server_default=sa.false(), nullable=False),
        sa.Column("reacted", FLAG, server_default=sa.false(), nullable=False),
        sa.Column("pinned_at", BIG, nullable=True),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index(
        "ix_messages_change",
        "messages",
        ["conversation", "change"],
        unique=False,
        sqlite_where=sa.text("change > 0"),
        postgresql_where=sa.text("change > 0"),
    )
    op.create_index(
        "ix_messages_pinned",
        "messages",
        ["conversation"],
        unique=False,
        sqlite_where=sa.text("pinned_at IS NOT NULL"),
        postgresql_where=sa.text("pinned_at IS NOT NULL"),
    )
    op.create_index("uq_messages_client_id", "messages", ["client_id", "member", "conversation"], unique=True)
    op.create_index("uq_messages_seq", "messages", ["home", "conversation", "seq"], unique=True)
    op.create_table(
        "numbers",
        sa.Column("number", sa.Text(), server_default="", nullable=False),
        sa.Column("held_from", BIG, nullable=False),
        sa.Column("held_to", BIG, nullable=True),
        sa.Column("company", BIG, nullable=False),
        sa.Column("member", BIG, nullable=False),
        sa.PrimaryKeyConstraint("number", "held_from", name=op.f("pk_numbers")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_table(
        "reactions",
        sa.Column("conversation", BIG, nullable=False),
        sa.Column("seq", BIG, nullable=False),
        sa.Column("member", BIG, nullable=False),
        sa.Column("emoji", sa.Text(), server_default="", nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("conversation", "seq", "emoji", "member", name=op.f("pk_reactions")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "robot_tokens",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("member", BIG, nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("last_used_at", BIG, nullable=True),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_robot_tokens")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index(op.f("ix_robot_tokens_member"), "robot_tokens", ["member"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("member", BIG, nullable=False),
        sa.Column("company", BIG, nullable=False),
        sa.Column("account", BIG, nullable=True),
        sa.Column("device", sa.Text(), server_default="", nullable=False),
        sa.Column("device_class", sa.Text(), server_default="", nullable=False),
        sa.Column("device_name", sa.Text(), server_default="", nullable=False),
        sa.Column("client", sa.Text(), server_default="", nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("last_seen_at", BIG, nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=True),
        sa.Column("rotated_at", BIG, nullable=False),
        sa.Column("ended_at", BIG, nullable=True),
        sa.Column("end_reason", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index(
        "ix_sessions_open",
        "sessions",
        ["member"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "sign_in_failures",
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("failures", BIG, server_default="0", nullable=False),
        sa.Column("window_from", BIG, nullable=False),
        sa.Column("locks", BIG, server_default="0", nullable=False),
        sa.Column("locked_until", BIG, server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_sign_in_failures")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index(op.f("ix_sign_in_failures_window_from"), "sign_in_failures", ["window_from"], unique=False)
    op.create_table(
        "stays",
        sa.Column("home", BIG, nullable=False),
        sa.Column("conversation", BIG, nullable=False),
        sa.Column("member", BIG, nullable=False),
        sa.Column("from_seq", BIG, nullable=False),
        sa.Column("to_seq", BIG, nullable=True),
        sa.PrimaryKeyConstraint("home", "conversation", "member", "from_seq", name=op.f("pk_stays")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "units",
        sa.Column("company", BIG, nullable=False),
        sa.Column("id", BIG, nullable=False),
        sa.Column("parent", BIG, nullable=True),
        sa.Column("kind", sa.Text(), server_default="department", nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("code", sa.Text(), server_default="", nullable=False),
        sa.Column("sort", BIG, server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("company", "id", name=op.f("pk_units")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "versions",
        sa.Column("home", BIG, nullable=False),
        sa.Column("conversation", BIG, nullable=False),
        sa.Column("seq", BIG, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("what", sa.Text(), server_default="", nullable=False),
        sa.Column("member", BIG, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("reply_to", BIG, server_default="0", nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("home", "conversation", "seq", "version", name=op.f("pk_versions")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
