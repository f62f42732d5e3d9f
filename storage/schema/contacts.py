"""Frequent contacts and own contact groups (SPEC G4). Rows that were removed stay, so that other devices hear of it (LOG E1)."""

import sqlalchemy as sa

from .types import counter, flag, number, table, text

contacts = table(
    "contacts",
    number("company"),
    number("member"),
    number("contact"),
    text("remark"),  # what the member calls him
    number("added_at"),
    flag("removed"),
    counter("place"),
    sa.PrimaryKeyConstraint("company", "member", "contact"),
    sa.Index(None, "contact"),  # followers
    rowid=False,
)

contact_groups = table(
    "contact_groups",
    number("company"),
    number("member"),
    number("id"),
    text("name"),
    counter("sort"),
    flag("removed"),
    counter("place"),
    sa.PrimaryKeyConstraint("company", "member", "id"),
    rowid=False,
)

contact_group_entries = table(
    "contact_group_entries",
    number("company"),
    number("member"),
    number("contact_group"),
    number("contact"),
    counter("sort"),
    flag("removed"),
    counter("place"),
    sa.PrimaryKeyConstraint("company", "member", "contact_group", "contact"),
    sa.Index(None, "contact"),
    rowid=False,
)
