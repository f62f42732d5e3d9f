"""Outside contacts: contacts across companies, requests, reports, and where outsiders talk; who talks already is found here."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0008"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FLAG = sa.Boolean().with_variant(sa.Integer(), "sqlite")
TABLES = ("outside_reports", "outside_talks", "outside_requests", "outside_contacts")
# members of the built-in company are no colleagues of each other
TALKING = """INSERT INTO outside_talks (company, member, conversation, other_company, other)
 SELECT a.company, a.id, c.id, b.company, b.id FROM conversations c
 JOIN members a ON a.id = c.direct_{one} JOIN members b ON b.id = c.direct_{other} JOIN companies o ON o.id = a.company
 WHERE c.kind = 'direct' AND a.id <> b.id AND (a.company <> b.company OR o.kind <> 'company')"""


def _key(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, BIG, nullable=False) for name in names]


def _text(name: str, default: str = "") -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default=default, nullable=False)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, FLAG, server_default=sa.false(), nullable=False)


def _table(name: str, *parts: sa.Column[int] | sa.Column[str] | sa.Column[bool] | sa.Column[bytes], key: tuple[str, ...]) -> None:
    primary = sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{name}"))
    op.create_table(name, *parts, primary, sqlite_strict=True, sqlite_with_rowid=False)


def upgrade() -> None:
    op.add_column("companies", _flag("no_outside"))
    _table(
        "outside_contacts",
        *_key("company", "member", "other", "other_company"),
        _text("remark"),
        *_key("since"),
        *(_flag("removed"), _flag("blocked")),
        sa.Column("place", BIG, server_default="0", nullable=False),
        key=("company", "member", "other"),
    )
    op.create_index(op.f("ix_outside_contacts_other"), "outside_contacts", ["other"])
    _table(
        "outside_requests",
        *_key("company", "member", "id"),
        sa.Column("client_id", sa.LargeBinary(), nullable=True),
        *(_text("address"), _text("words"), _text("remark")),
        *(sa.Column(name, BIG, nullable=True) for name in ("named", "target", "target_company", "instead_of")),
        _flag("imported"),
        _text("state", "waiting"),
        *_key("asked_at"),
        key=("company", "member", "id"),
    )
    op.create_index("uq_outside_requests_client_id", "outside_requests", ["client_id", "member"], unique=True)
    op.create_index(op.f("ix_outside_requests_target"), "outside_requests", ["target"])
    op.create_index(op.f("ix_outside_requests_asked_at"), "outside_requests", ["asked_at"])
    _table("outside_talks", *_key("company", "member", "conversation", "other_company", "other"), key=("company", "member", "conversation"))
    op.create_index(op.f("ix_outside_talks_other"), "outside_talks", ["other"])
    _table(
        "outside_reports",
        *_key("company", "id"),
        sa.Column("client_id", sa.LargeBinary(), nullable=True),
        *_key("member", "other"),
        *(_text("reason"), _text("words")),
        *_key("reported_at"),
        key=("company", "id"),
    )
    op.create_index("uq_outside_reports_client_id", "outside_reports", ["client_id", "member"], unique=True)
    op.execute(TALKING.format(one="low", other="high"))
    op.execute(TALKING.format(one="high", other="low"))


def downgrade() -> None:
    for name in TABLES:
        op.drop_table(name)
    op.drop_column("companies", "no_outside")
