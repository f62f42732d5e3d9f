"""When a member signed in last is found also among the sessions that have ended."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    ended = sa.text("ended_at IS NOT NULL")
    op.create_index("ix_sessions_ended", "sessions", ["member", "created_at"], sqlite_where=ended, postgresql_where=ended)


def downgrade() -> None:
    op.drop_index("ix_sessions_ended", "sessions")
