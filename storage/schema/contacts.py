"""Frequent contacts and own contact groups (SPEC G4). Rows that were removed stay, so that other devices hear of it (LOG E1)."""

import sqlalchemy as sa

from .types import Bytes, counter, flag, number, table, text

contacts = table(
    "contacts",
    number("company"),
    number("member"),
    number("contact"),
    text("remark"),  # what the member calls him
    counter("sort"),
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
    sa.Column("client_id", Bytes),  # of the wish that made it
    text("made_as"),  # the name that it had first: what 'other content' is judged by
    text("name"),
    counter("sort"),
    flag("removed"),
    counter("place"),
    sa.PrimaryKeyConstraint("company", "member", "id"),
    sa.Index("uq_contact_groups_client_id", "client_id", "member", unique=True),
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
