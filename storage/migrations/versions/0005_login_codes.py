"""Login codes: what was sent to a phone or a mail address and waits to be typed."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "login_codes",
        sa.Column("account", BIG, nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("stored", sa.Text(), server_default="", nullable=False),
        sa.Column("sent_at", BIG, nullable=False),
        sa.Column("expires_at", BIG, nullable=False),
        sa.Column("tries", BIG, server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("account", "kind", name=op.f("pk_login_codes")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_login_codes_expires_at"), "login_codes", ["expires_at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_login_codes_expires_at"), "login_codes")
    op.drop_table("login_codes")
