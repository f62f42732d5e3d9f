"""The core: companies, accounts, conversations, the log and the feed."""

import os
import time

import sqlalchemy as sa
from alembic import op

from storage.schema import metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    connection = op.get_bind()
    metadata.create_all(connection)
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


def downgrade() -> None:
    metadata.drop_all(op.get_bind())
