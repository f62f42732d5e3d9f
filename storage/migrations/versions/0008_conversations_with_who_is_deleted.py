"""Nobody writes any more in direct conversations with members who were deleted before this was kept."""

from alembic import op

revision = "0008"
down_revision = "0007"

DELETED = "SELECT id FROM members WHERE state = 'deleted'"
END = f"""UPDATE conversations SET dissolved = true
 WHERE kind = 'direct' AND (direct_low IN ({DELETED}) OR direct_high IN ({DELETED}))"""


def upgrade() -> None:
    op.execute(END)


def downgrade() -> None:
    """A direct conversation was never dissolved before."""
    op.execute("UPDATE conversations SET dissolved = false WHERE kind = 'direct'")
