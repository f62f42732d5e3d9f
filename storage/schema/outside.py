"""Outside contacts (SPEC H1): who knows whom across companies, who asks to, where they talk, and what was reported."""

import sqlalchemy as sa

from .types import Bytes, counter, flag, maybe, number, table, text

outside_contacts = table(
    "outside_contacts",
    number("company"),
    number("member"),
    number("other"),
    number("other_company"),
    text("remark"),  # what the member calls him
    number("since"),
    flag("removed"),  # by either of the two; the row of the other says so, too
    flag("blocked"),  # by the member; also somebody who never was a contact
    counter("place"),
    sa.PrimaryKeyConstraint("company", "member", "other"),
    sa.Index(None, "other"),
    rowid=False,
)

outside_requests = table(
    "outside_requests",
    number("company"),
    number("member"),
    number("id"),
    sa.Column("client_id", Bytes),  # of the wish that made it; nothing: a handover did
    text("address"),  # as it was typed; nothing where a member was named
    text("words"),
    text("remark"),  # what the member will call him
    maybe("named"),  # the member who was named
    maybe("target"),  # whom it reached; nothing: nobody, which the one who asked never learns
    maybe("target_company"),
    maybe("instead_of"),  # the leaver whose contacts the member takes over
    flag("imported"),
    text("state", default="waiting"),  # waiting, accepted, refused, withdrawn
    number("asked_at"),
    sa.PrimaryKeyConstraint("company", "member", "id"),
    sa.Index("uq_outside_requests_client_id", "client_id", "member", unique=True),
    sa.Index(None, "target"),
    sa.Index(None, "asked_at"),
    rowid=False,
)

outside_talks = table(
    "outside_talks",
    number("company"),
    number("member"),
    number("conversation"),
    number("other_company"),
    number("other"),
    sa.PrimaryKeyConstraint("company", "member", "conversation"),
    sa.Index(None, "other"),
    rowid=False,
)
"""Each direct conversation between two who are no colleagues, from both sides."""

outside_reports = table(
    "outside_reports",
    number("company"),
    number("id"),
    sa.Column("client_id", Bytes),
    number("member"),
    number("other"),
    text("reason"),  # spam, fraud, harassment, other
    text("words"),
    number("reported_at"),
    sa.PrimaryKeyConstraint("company", "id"),
    sa.Index("uq_outside_reports_client_id", "client_id", "member", unique=True),
    rowid=False,
)
