"""Long work on a company, done in pieces by a cursor that only goes forward (LOG C3): import, handover, deletion, reassignment."""

import sqlalchemy as sa

from .types import Bytes, counter, flag, maybe, number, table, text

company_jobs = table(
    "company_jobs",
    number("company"),
    number("id"),
    text("kind"),
    text("state", default="running"),  # running, done, failed
    flag("is_exclusive"),  # other acts on the company's tree are refused while it runs
    text("actor_kind"),
    maybe("actor"),
    text("actor_name"),
    sa.Column("details", Bytes),  # MessagePack: what is to be done; at the end what came of it
    counter("done"),  # the cursor
    counter("total"),
    number("started_at"),
    maybe("ended_at"),
    counter("fence"),  # rises with every holder; each piece names the one that it was begun with
    maybe("held_until"),  # the holder's lease
    sa.PrimaryKeyConstraint("company", "id"),
    sa.Index(
        "ix_company_jobs_running",
        "company",
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
    rowid=False,
)
