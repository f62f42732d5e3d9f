"""The audit trail (promise V6): who did what in which company, written in the transaction of the act."""

import sqlalchemy as sa

from .types import Big, Bytes, maybe, number, table, text

audit_entries = table(
    "audit_entries",
    sa.Column("id", Big, primary_key=True, autoincrement=True),
    number("company"),
    number("position"),  # in the feed: the order in which the sealer takes entries (DESIGN 12)
    number("at"),
    text("actor_kind"),  # member, super, operator, system
    maybe("actor"),
    text("actor_name"),  # of the operator: the system user
    text("act"),  # member.add, session.end …
    text("outcome", default="done"),  # done, refused
    sa.Column("details", Bytes),  # MessagePack; never a password or a code
    sa.Index(None, "company", "at"),
)
