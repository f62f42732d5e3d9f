"""Contacts: their order, and the client id of the wish that made a group of them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("contacts", sa.Column("sort", BIG, server_default="0", nullable=False))
    op.add_column("contact_groups", sa.Column("client_id", sa.LargeBinary(), nullable=True))
    op.add_column("contact_groups", sa.Column("made_as", sa.Text(), server_default="", nullable=False))
    op.create_index("uq_contact_groups_client_id", "contact_groups", ["client_id", "member"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_contact_groups_client_id", "contact_groups")
    op.drop_column("contact_groups", "made_as")
    op.drop_column("contact_groups", "client_id")
    op.drop_column("contacts", "sort")
