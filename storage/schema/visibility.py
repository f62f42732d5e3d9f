"""What a company lets its members see of each other: rules between units, fields of its own, privacy of fields (SPEC B3, B6, B9)."""

import sqlalchemy as sa

from .types import counter, flag, number, table, text

unit_rules = table(
    "unit_rules",
    number("company"),
    number("id"),
    text("kind"),  # hide: nobody sees the bound; other_units: the bound see their own units alone; nobody: the bound see nobody
    text("name"),
    flag("is_off"),
    flag("may_search"),  # who is not seen is found by his whole name or number nevertheless
    flag("may_write"),  # who is not seen may be written to nevertheless
    counter("sort"),
    number("created_at"),
    sa.PrimaryKeyConstraint("company", "id"),
    rowid=False,
)

unit_rule_parties = table(
    "unit_rule_parties",
    number("company"),
    number("rule"),
    text("part"),  # bound; white_list: seen (of `hide`: sees) nevertheless; exempted: not bound although in a bound unit
    text("kind"),  # unit (with all below it), member
    number("party"),
    sa.PrimaryKeyConstraint("company", "rule", "part", "kind", "party"),
    sa.Index(None, "company", "party"),
    rowid=False,
)

company_fields = table(
    "company_fields",
    number("company"),
    number("id"),
    text("name"),
    text("kind", default="text"),  # text, number, date, choice
    text("choices", default="[]"),  # JSON, a list of texts
    flag("is_required"),
    counter("sort"),
    sa.PrimaryKeyConstraint("company", "id"),
    rowid=False,
)

field_privacy = table(
    "field_privacy",
    number("company"),
    text("field"),  # phone, mail …; of the company's own: the id on the wire
    text("shown", default="shown"),  # shown, own_unit, hidden
    sa.PrimaryKeyConstraint("company", "field"),
    rowid=False,
)
