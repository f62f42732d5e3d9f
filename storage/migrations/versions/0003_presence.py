"""Presence: what members chose, when they were seen last and to whom they show it, and which sessions are there."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("members", sa.Column("last_seen_shown", sa.Text(), server_default="shown", nullable=False))
    op.create_table(
        "member_presence",
        sa.Column("member", BIG, autoincrement=False, nullable=False),
        sa.Column("company", BIG, nullable=False),
        sa.Column("status", BIG, server_default="1", nullable=False),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column("chosen_at", BIG, server_default="0", nullable=False),
        sa.Column("last_seen_at", BIG, server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("member", name=op.f("pk_member_presence")),
        sqlite_strict=True,
    )
    op.create_table(
        "live_sessions",
        sa.Column("session", BIG, autoincrement=False, nullable=False),
        sa.Column("node", sa.Text(), server_default="", nullable=False),
        sa.Column("member", BIG, nullable=False),
        sa.Column("company", BIG, nullable=False),
        sa.Column("device_class", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("session", name=op.f("pk_live_sessions")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_live_sessions_node"), "live_sessions", ["node"], unique=False)
    op.create_table(
        "presence_nodes",
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("seen_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("node", name=op.f("pk_presence_nodes")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    for table in ("presence_nodes", "live_sessions", "member_presence"):
        op.drop_table(table)
    op.drop_column("members", "last_seen_shown")
