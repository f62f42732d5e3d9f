"""Companies and their tree (SPEC A1, B1). What the writer decides by (suspended, expires_at) are plain columns (LOG A4)."""

import sqlalchemy as sa

from .types import Big, counter, flag, maybe, number, table, text

companies = table(
    "companies",
    sa.Column("id", Big, primary_key=True, autoincrement=True),
    sa.Column("number", sa.Text, nullable=False, unique=True),
    text("kind", default="company"),  # company, personal, operator
    text("name"),
    text("short_name"),
    text("time_zone", default="Asia/Shanghai"),
    text("device_policy", default="one_per_class"),  # or any
    counter("seats"),
    maybe("expires_at"),
    flag("suspended"),
    flag("demo"),
    number("created_at"),
    counter("next_number"),
)

units = table(
    "units",
    number("company"),
    number("id"),
    maybe("parent"),
    text("kind", default="department"),
    text("name"),
    text("code"),
    counter("sort"),
    sa.PrimaryKeyConstraint("company", "id"),
    rowid=False,
)

memberships = table(
    "memberships",
    number("company"),
    number("unit"),
    number("member"),
    flag("is_primary"),
    counter("sort"),
    sa.PrimaryKeyConstraint("company", "member", "unit"),
    sa.Index(None, "company", "unit"),
    rowid=False,
)
