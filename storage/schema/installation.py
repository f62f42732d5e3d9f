"""What the installation is and may be known by: epoch and sealing keys, made at the first migration."""

import sqlalchemy as sa

from .types import Bytes, Text, table

installation = table(
    "installation",
    sa.Column("name", Text, primary_key=True),
    sa.Column("value", Bytes, nullable=False),
)
