"""Organisation: segments of numbers, what a tree and its members carry, roles, rules between units, contacts, long work."""

import os
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FLAG = sa.Boolean().with_variant(sa.Integer(), "sqlite")
LARGEST_NUMBER = 9_999_999_999
LEAST_SEGMENT = 1000
SYSTEM_ROLES = ("company_administrator", "system_administrator", "information_administrator", "ordinary")
TABLES = (
    "company_contacts",
    "company_fields",
    "company_jobs",
    "contact_group_entries",
    "contact_groups",
    "contacts",
    "field_privacy",
    "information_scopes",
    "member_fields",
    "number_segments",
    "role_permissions",
    "role_units",
    "roles",
    "unit_rule_parties",
    "unit_rules",
)


def _columns() -> dict[str, list[sa.Column[Any]]]:
    return {
        "companies": [
            sa.Column("intro", sa.Text(), server_default="", nullable=False),
            sa.Column("industry", sa.Text(), server_default="", nullable=False),
            sa.Column("region", sa.Text(), server_default="", nullable=False),
            sa.Column("address", sa.Text(), server_default="", nullable=False),
            sa.Column("phone", sa.Text(), server_default="", nullable=False),
            sa.Column("website", sa.Text(), server_default="", nullable=False),
            sa.Column("root_units_limit", BIG, nullable=True),
            sa.Column("unit_members_limit", BIG, nullable=True),
            sa.Column("needs_phone_or_mail", FLAG, server_default=sa.false(), nullable=False),
            sa.Column("first_password_hash", sa.Text(), nullable=True),
            sa.Column("invited_role", BIG, nullable=True),
        ],
        "company_log": [
            sa.Column("at", BIG, server_default="0", nullable=False),
        ],
        "members": [
            sa.Column("state_at", BIG, nullable=True),
            sa.Column("employee_no", sa.Text(), server_default="", nullable=False),
            sa.Column("avatar", sa.Text(), server_default="", nullable=False),
            sa.Column("description", sa.Text(), server_default="", nullable=False),
            sa.Column("star_sign", sa.Text(), server_default="", nullable=False),
            sa.Column("office_phone", sa.Text(), server_default="", nullable=False),
            sa.Column("tags", sa.Text(), server_default="[]", nullable=False),
            sa.Column("pinyin", sa.Text(), server_default="", nullable=False),
            sa.Column("is_hidden", FLAG, server_default=sa.false(), nullable=False),
            sa.Column("is_phone_private", FLAG, server_default=sa.false(), nullable=False),
            sa.Column("role", BIG, nullable=True),
            sa.Column("last_day", sa.Text(), server_default="", nullable=False),
            sa.Column("is_last_day_told", FLAG, server_default=sa.false(), nullable=False),
            sa.Column("successor", BIG, nullable=True),
        ],
        "memberships": [
            sa.Column("head", sa.Text(), server_default="", nullable=False),
        ],
        "units": [
            sa.Column("description", sa.Text(), server_default="", nullable=False),
            sa.Column("is_disabled", FLAG, server_default=sa.false(), nullable=False),
            sa.Column("is_hidden", FLAG, server_default=sa.false(), nullable=False),
            sa.Column("is_renamed", FLAG, server_default=sa.false(), nullable=False),
        ],
    }


def upgrade() -> None:
    _make_tables()
    for table, columns in _columns().items():
        for column in columns:
            op.add_column(table, column)
    op.create_index(op.f("ix_members_company_role"), "members", ["company", "role"], unique=False)
    op.create_index(
        "ix_members_last_day",
        "members",
        ["last_day"],
        unique=False,
        sqlite_where=sa.text("last_day <> ''"),
        postgresql_where=sa.text("last_day <> ''"),
    )
    op.create_index(op.f("ix_numbers_member"), "numbers", ["member"], unique=False)
    op.create_index(op.f("ix_units_company_parent"), "units", ["company", "parent"], unique=False)
    _give_segments()
    _give_roles()
    op.drop_column("companies", "next_number")


def _give_segments() -> None:
    """Until now a company's numbers had a beginning and no end. Each gets what it may need, up to where the next one's begin.

    Who would come to lie in another's gets none: the operator gives him one.
    """
    connection = op.get_bind()
    found = connection.execute(
        sa.text("SELECT id, next_number, seats, created_at FROM companies WHERE next_number > 0 ORDER BY next_number, id")
    ).all()
    end = 0
    for at, (company, first, seats, created_at) in enumerate(found):
        if first <= end:
            continue
        following = next((other[1] for other in found[at + 1 :] if other[1] > first), LARGEST_NUMBER + 1)
        end = min(first + max(LEAST_SEGMENT, 2 * seats) - 1, following - 1)
        connection.execute(
            sa.text("INSERT INTO number_segments (first, last, next, company, created_at) VALUES (:first, :last, :first, :company, :at)"),
            {"first": first, "last": end, "company": company, "at": created_at},
        )


def _give_roles() -> None:
    """Everybody was an ordinary member."""
    connection = op.get_bind()
    for company, created_at in connection.execute(sa.text("SELECT id, created_at FROM companies WHERE kind = 'company'")).all():
        for sort, kind in enumerate(SYSTEM_ROLES):
            role = int.from_bytes(os.urandom(8), "big") >> 4
            connection.execute(
                sa.text("INSERT INTO roles (company, id, kind, sort, created_at) VALUES (:company, :role, :kind, :sort, :at)"),
                {"company": company, "role": role, "kind": kind, "sort": sort, "at": created_at},
            )
            if kind == "ordinary":
                connection.execute(
                    sa.text("UPDATE members SET role = :role WHERE company = :company AND kind = 'person'"),
                    {"role": role, "company": company},
                )


def _make_tables() -> None:
    op.create_table(
        "company_contacts",
        sa.Column("company", BIG, nullable=False),
        sa.Column("id", BIG, nullable=False),
        sa.Column("sort", BIG, server_default="0", nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("job_title", sa.Text(), server_default="", nullable=False),
        sa.Column("phone", sa.Text(), server_default="", nullable=False),
        sa.Column("mail", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("company", "id", name=op.f("pk_company_contacts")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "company_fields",
        sa.Column("company", BIG, nullable=False),
        sa.Column("id", BIG, nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.Text(), server_default="text", nullable=False),
        sa.Column("choices", sa.Text(), server_default="[]", nullable=False),
        sa.Column("is_required", FLAG, server_default=sa.false(), nullable=False),
        sa.Column("sort", BIG, server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("company", "id", name=op.f("pk_company_fields")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "company_jobs",
        sa.Column("company", BIG, nullable=False),
        sa.Column("id", BIG, nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), server_default="running", nullable=False),
        sa.Column("is_exclusive", FLAG, server_default=sa.false(), nullable=False),
        sa.Column("actor_kind", sa.Text(), server_default="", nullable=False),
        sa.Column("actor", BIG, nullable=True),
        sa.Column("actor_name", sa.Text(), server_default="", nullable=False),
        sa.Column("details", sa.LargeBinary(), nullable=True),
        sa.Column("done", BIG, server_default="0", nullable=False),
        sa.Column("total", BIG, server_default="0", nullable=False),
        sa.Column("started_at", BIG, nullable=False),
        sa.Column("ended_at", BIG, nullable=True),
        sa.Column("fence", BIG, server_default="0", nullable=False),
        sa.Column("held_until", BIG, nullable=True),
        sa.PrimaryKeyConstraint("company", "id", name=op.f("pk_company_jobs")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_company_jobs_running",
        "company_jobs",
        ["company"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "contact_group_entries",
        sa.Column("company", BIG, nullable=False),
        sa.Column("member", BIG, nullable=False),
        sa.Column("contact_group", BIG, nullable=False),
        sa.Column("contact", BIG, nullable=False),
        sa.Column("sort", BIG, server_default="0", nullable=False),
        sa.Column("removed", FLAG, server_default=sa.false(), nullable=False),
        sa.Column("place", BIG, server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("company", "member", "contact_group", "contact", name=op.f("pk_contact_group_entries")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_contact_group_entries_contact"), "contact_group_entries", ["contact"], unique=False)
    op.create_table(
        "contact_groups",
        sa.Column("company", BIG, nullable=False),
        sa.Column("member", BIG, nullable=False),
        sa.Column("id", BIG, nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("sort", BIG, server_default="0", nullable=False),
        sa.Column("removed", FLAG, server_default=sa.false(), nullable=False),
        sa.Column("place", BIG, server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("company", "member", "id", name=op.f("pk_contact_groups")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "contacts",
        sa.Column("company", BIG, nullable=False),
        sa.Column("member", BIG, nullable=False),
        sa.Column("contact", BIG, nullable=False),
        sa.Column("remark", sa.Text(), server_default="", nullable=False),
        sa.Column("added_at", BIG, nullable=False),
        sa.Column("removed", FLAG, server_default=sa.false(), nullable=False),
        sa.Column("place", BIG, server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("company", "member", "contact", name=op.f("pk_contacts")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_contacts_contact"), "contacts", ["contact"], unique=False)
    op.create_table(
        "field_privacy",
        sa.Column("company", BIG, nullable=False),
        sa.Column("field", sa.Text(), server_default="", nullable=False),
        sa.Column("shown", sa.Text(), server_default="shown", nullable=False),
        sa.PrimaryKeyConstraint("company", "field", name=op.f("pk_field_privacy")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "information_scopes",
        sa.Column("company", BIG, nullable=False),
        sa.Column("member", BIG, nullable=False),
        sa.Column("unit", BIG, nullable=False),
        sa.PrimaryKeyConstraint("company", "member", "unit", name=op.f("pk_information_scopes")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_information_scopes_company_unit"), "information_scopes", ["company", "unit"], unique=False)
    op.create_table(
        "member_fields",
        sa.Column("company", BIG, nullable=False),
        sa.Column("member", BIG, nullable=False),
        sa.Column("field", BIG, nullable=False),
        sa.Column("value", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("company", "member", "field", name=op.f("pk_member_fields")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "number_segments",
        sa.Column("first", BIG, autoincrement=False, nullable=False),
        sa.Column("last", BIG, nullable=False),
        sa.Column("next", BIG, nullable=False),
        sa.Column("company", BIG, nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("first", name=op.f("pk_number_segments")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index(op.f("ix_number_segments_company"), "number_segments", ["company"], unique=False)
    op.create_table(
        "role_permissions",
        sa.Column("company", BIG, nullable=False),
        sa.Column("role", BIG, nullable=False),
        sa.Column("permission", sa.Text(), server_default="", nullable=False),
        sa.Column("scope", sa.Text(), server_default="none", nullable=False),
        sa.PrimaryKeyConstraint("company", "role", "permission", name=op.f("pk_role_permissions")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "role_units",
        sa.Column("company", BIG, nullable=False),
        sa.Column("role", BIG, nullable=False),
        sa.Column("permission", sa.Text(), server_default="", nullable=False),
        sa.Column("unit", BIG, nullable=False),
        sa.PrimaryKeyConstraint("company", "role", "permission", "unit", name=op.f("pk_role_units")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_role_units_company_unit"), "role_units", ["company", "unit"], unique=False)
    op.create_table(
        "roles",
        sa.Column("company", BIG, nullable=False),
        sa.Column("id", BIG, nullable=False),
        sa.Column("kind", sa.Text(), server_default="custom", nullable=False),
        sa.Column("preset", sa.Text(), server_default="", nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("sort", BIG, server_default="0", nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("company", "id", name=op.f("pk_roles")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "unit_rule_parties",
        sa.Column("company", BIG, nullable=False),
        sa.Column("rule", BIG, nullable=False),
        sa.Column("part", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("party", BIG, nullable=False),
        sa.PrimaryKeyConstraint("company", "rule", "part", "kind", "party", name=op.f("pk_unit_rule_parties")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_unit_rule_parties_company_party"), "unit_rule_parties", ["company", "party"], unique=False)
    op.create_table(
        "unit_rules",
        sa.Column("company", BIG, nullable=False),
        sa.Column("id", BIG, nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("is_off", FLAG, server_default=sa.false(), nullable=False),
        sa.Column("may_search", FLAG, server_default=sa.false(), nullable=False),
        sa.Column("may_write", FLAG, server_default=sa.false(), nullable=False),
        sa.Column("sort", BIG, server_default="0", nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("company", "id", name=op.f("pk_unit_rules")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.add_column("companies", sa.Column("next_number", BIG, server_default="0", nullable=False))
    op.execute("UPDATE companies SET next_number = (SELECT coalesce(min(next), 0) FROM number_segments WHERE company = companies.id)")
    op.drop_index("ix_units_company_parent", "units")
    op.drop_index("ix_numbers_member", "numbers")
    op.drop_index("ix_members_last_day", "members")
    op.drop_index("ix_members_company_role", "members")
    for table, columns in _columns().items():
        for column in columns:
            op.drop_column(table, column.name)
    for table in TABLES:
        op.drop_table(table)
