"""Types and habits that all tables share.

On SQLite every table is STRICT. Instants are milliseconds UTC. Numbers of members, conversations, sessions are random (60 bits,
``protocol.ids``); those of companies are small and never leave the server.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Big = sa.BigInteger().with_variant(sa.Integer, "sqlite")
Flag = sa.Boolean(create_constraint=False).with_variant(sa.Integer, "sqlite")
Bytes = sa.LargeBinary
Text = sa.Text


def table(name: str, *parts: sa.Column[Any] | sa.Index | sa.Constraint, fill: int = 0, rowid: bool = True) -> sa.Table:
    """A table of ours. ``fill`` is PostgreSQL's fillfactor in percent; without ``rowid`` SQLite clusters by the primary key."""
    made = sa.Table(name, metadata, *parts, sqlite_strict=True, sqlite_with_rowid=rowid)
    if fill:
        narrow = sa.DDL(f"ALTER TABLE {name} SET (fillfactor = {fill})")  # type: ignore[no-untyped-call]
        event.listen(made, "after_create", narrow.execute_if(dialect="postgresql"))
    return made


def index_of(dialect: str, name: str, *columns: str) -> sa.Index:
    """A unique index that one of the two databases has; its ``info`` says which, for whoever compares."""
    return sa.Index(name, *columns, unique=True, info={"dialect": dialect}).ddl_if(dialect=dialect)


def number(name: str, **options: object) -> "sa.Column[int]":
    """A whole number that is there."""
    return sa.Column(name, Big, nullable=False, **options)  # type: ignore[arg-type]


def counter(name: str) -> "sa.Column[int]":
    """A whole number that begins at nought."""
    return sa.Column(name, Big, nullable=False, server_default="0")


def maybe(name: str) -> "sa.Column[int]":
    """A whole number, or nothing."""
    return sa.Column(name, Big, nullable=True)


def text(name: str, *, default: str = "") -> "sa.Column[str]":
    return sa.Column(name, Text, nullable=False, server_default=default)


def flag(name: str) -> "sa.Column[bool]":
    return sa.Column(name, Flag, nullable=False, server_default=sa.false())
