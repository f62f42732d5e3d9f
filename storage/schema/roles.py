"""Roles and what they may do (SPEC C1, C2). Which permissions there are, and what system roles start with, the server knows.

Of a system role only what differs from its starting permissions is a row, so permissions that a later version brings start as meant.
"""

import sqlalchemy as sa

from .types import counter, number, table, text

roles = table(
    "roles",
    number("company"),
    number("id"),
    text("kind", default="custom"),  # company_administrator, system_administrator, information_administrator, ordinary; else custom
    text("preset"),  # of a custom one that the product brought: department_manager, general_manager, staff, invited
    text("name"),  # nothing: the kind's or preset's own, in the reader's language
    text("description"),
    counter("sort"),
    number("created_at"),
    sa.PrimaryKeyConstraint("company", "id"),
    rowid=False,
)

role_permissions = table(
    "role_permissions",
    number("company"),
    number("role"),
    text("permission"),
    text("scope", default="none"),  # none, self, own_unit, own_unit_and_below, chosen_units, all
    sa.PrimaryKeyConstraint("company", "role", "permission"),
    rowid=False,
)

role_units = table(
    "role_units",
    number("company"),
    number("role"),
    text("permission"),
    number("unit"),  # chosen, with all below it
    sa.PrimaryKeyConstraint("company", "role", "permission", "unit"),
    sa.Index(None, "company", "unit"),
    rowid=False,
)
