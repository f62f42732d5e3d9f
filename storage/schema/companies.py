"""Companies, their trees and number segments (SPEC A1, B1 to B3). What the writer decides by (suspended, expires_at) are plain columns
(LOG A4).
"""

import sqlalchemy as sa

from .types import Big, Text, counter, flag, maybe, number, table, text

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
    text("intro"),
    text("industry"),
    text("region"),
    text("address"),
    text("phone"),
    text("website"),
    maybe("root_units_limit"),  # units directly under the root; nothing: the server's default
    maybe("unit_members_limit"),  # members directly in one unit
    flag("needs_phone_or_mail"),  # of every member
    sa.Column("first_password_hash", Text),  # of those who are added from now on; nothing: each gets a code of his own (SPEC A4)
    maybe("invited_role"),  # whoever joins by invitation gets it
    flag("no_outside"),  # its members have no outside contacts (SPEC H1)
)

company_contacts = table(
    "company_contacts",
    number("company"),
    number("id"),
    counter("sort"),
    text("name"),
    text("job_title"),
    text("phone"),
    text("mail"),
    sa.PrimaryKeyConstraint("company", "id"),
    rowid=False,
)

number_segments = table(
    "number_segments",
    number("first", primary_key=True, autoincrement=False),  # segments never overlap: the ranges are one company's each
    number("last"),
    number("next"),  # what is below it was handed out or passed over
    number("company"),
    number("created_at"),
    sa.Index(None, "company"),
)

units = table(
    "units",
    number("company"),
    number("id"),
    maybe("parent"),
    text("kind", default="department"),  # root, branch, institution, department, team
    text("name"),
    text("code"),
    counter("sort"),
    text("description"),
    flag("is_disabled"),
    flag("is_hidden"),
    flag("is_renamed"),  # the root carries the company's short name until then
    sa.PrimaryKeyConstraint("company", "id"),
    sa.Index(None, "company", "parent"),
    rowid=False,
)

memberships = table(
    "memberships",
    number("company"),
    number("unit"),
    number("member"),
    flag("is_primary"),
    counter("sort"),  # smaller first; 0 is none, behind all others
    text("head"),  # first, other, or nothing: no head
    sa.PrimaryKeyConstraint("company", "member", "unit"),
    sa.Index(None, "company", "unit"),
    rowid=False,
)
