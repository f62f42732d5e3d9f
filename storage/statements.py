"""Statements: written once with SQLAlchemy Core, compiled once for each database, handed to the drivers as they are.

SQLAlchemy's own execution costs 190-248 µs of CPU a query, sqlite3's 3 and asyncpg's some 60; so its compiler is used and its
engine is not (LOG E1). ``any_of`` takes a list as one parameter.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement

Parameters = Mapping[str, Any]
ANY_TABLE = "*"

_SQLITE = sqlite.dialect(paramstyle="named")
_POSTGRES: sa.Dialect = postgresql.asyncpg.dialect()  # type: ignore[no-untyped-call]


class Written(NamedTuple):
    """A statement in one dialect. ``order``: of its parameters, where they have numbers; ``lists``: those that are; ``fixed``: its own."""

    text: str
    order: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    fixed: Parameters = MappingProxyType({})


class Statement:
    """One statement in both dialects. ``named``: SQLite's text; ``numbered``: PostgreSQL's.

    Each is compiled when it is first used, 0.2 ms: a start needs few of them, and an installation never those of the other database.
    """

    def __init__(
        self, core: sa.sql.ClauseElement | None = None, *, sqlite: str = "", postgres: str = "", order: Sequence[str] = ()
    ) -> None:
        self.writes = isinstance(core, sa.UpdateBase)
        self.table = _written_by(core, sqlite)
        """The one that it writes to; none where it reads, ``ANY_TABLE`` where its text was written by hand."""
        self._core = core
        self._sqlite, self._postgres = Written(sqlite), Written(postgres, tuple(order))

    @cached_property
    def named(self) -> str:
        return self._for_sqlite.text

    @cached_property
    def numbered(self) -> str:
        return self._for_postgres.text

    @cached_property
    def _for_sqlite(self) -> Written:
        return self._sqlite if self._core is None else _compiled(self._core, _SQLITE)

    @cached_property
    def _for_postgres(self) -> Written:
        return self._postgres if self._core is None else _compiled(self._core, _POSTGRES)

    def for_sqlite(self, parameters: Parameters) -> Parameters:
        _, _, lists, fixed = self._for_sqlite
        if not lists and not fixed:
            return parameters
        made = {**fixed, **parameters}
        for name in lists:
            made[name] = msgspec.json.encode(made[name]).decode()
        return made

    def for_postgres(self, parameters: Parameters) -> list[Any]:
        _, order, _, fixed = self._for_postgres
        if fixed:
            parameters = {**fixed, **parameters}
        return [parameters[name] for name in order]


def _written_by(core: sa.sql.ClauseElement | None, text: str) -> str:
    if isinstance(core, sa.UpdateBase):
        return str(getattr(core.table, "name", ANY_TABLE))
    return "" if core is not None or text.startswith("SELECT ") else ANY_TABLE


def _compiled(core: sa.sql.ClauseElement, dialect: sa.Dialect) -> Written:
    compiled = core.compile(dialect=dialect)
    assert isinstance(compiled, SQLCompiler)
    binds = {name: bind for bind, name in compiled.bind_names.items()}
    lists = tuple(name for name, bind in binds.items() if isinstance(bind.type, _List))
    fixed = {name: bind.effective_value for name, bind in binds.items() if not bind.required}
    return Written(str(compiled), tuple(compiled.positiontup or ()), lists, fixed)


def statement(core: sa.sql.ClauseElement) -> Statement:
    return Statement(core)


class _List(sa.types.TypeDecorator[Any]):
    impl = sa.types.NullType
    cache_ok = True


class any_of(ColumnElement[bool]):
    """``column`` is one of the parameter ``name``, a list of numbers or strings (never bytes)."""

    inherit_cache = False
    _is_implicitly_boolean = True  # else SQLite gets `… = 1` behind it and no index

    def __init__(self, column: ColumnElement[Any], name: str) -> None:
        self.column = column
        self.list = sa.bindparam(name, type_=_List())
        self.type = sa.Boolean()


@compiles(any_of, "sqlite")
def _any_of_sqlite(element: any_of, compiler: SQLCompiler, **options: Any) -> str:
    return f"{compiler.process(element.column, **options)} IN (SELECT value FROM json_each({compiler.process(element.list, **options)}))"


@compiles(any_of, "postgresql")
def _any_of_postgres(element: any_of, compiler: SQLCompiler, **options: Any) -> str:
    kind = "TEXT" if isinstance(element.column.type, sa.Text) else "BIGINT"
    return f"{compiler.process(element.column, **options)} = ANY({compiler.process(element.list, **options)}::{kind}[])"


class rows_of(ColumnElement[bool]):
    """The columns are those of one of many rows, given as the parameters ``names``: lists of whole numbers, one for each column."""

    inherit_cache = False
    _is_implicitly_boolean = True

    def __init__(self, columns: Sequence[ColumnElement[Any]], names: Sequence[str]) -> None:
        self.columns = columns
        self.lists = [sa.bindparam(name, type_=_List()) for name in names]
        self.type = sa.Boolean()


@compiles(rows_of, "sqlite")
def _rows_of_sqlite(element: rows_of, compiler: SQLCompiler, **options: Any) -> str:
    columns = ", ".join(compiler.process(column, **options) for column in element.columns)
    first, *others = (compiler.process(one, **options) for one in element.lists)
    values = ", ".join(["value", *(f"json_extract({other}, '$[' || key || ']')" for other in others)])
    return f"({columns}) IN (SELECT {values} FROM json_each({first}))"


@compiles(rows_of, "postgresql")
def _rows_of_postgres(element: rows_of, compiler: SQLCompiler, **options: Any) -> str:
    columns = ", ".join(compiler.process(column, **options) for column in element.columns)
    lists = ", ".join(f"{compiler.process(one, **options)}::BIGINT[]" for one in element.lists)
    return f"({columns}) IN (SELECT * FROM unnest({lists}))"


def insert_into(table: sa.Table, *columns: str) -> Statement:
    """An INSERT of the named columns, each a parameter of its name."""
    return Statement(sa.insert(table).values({name: sa.bindparam(name) for name in columns}))


def update_of(table: sa.Table, *columns: str, where: Sequence[str]) -> Statement:
    """An UPDATE that sets the named columns of the row whose ``where`` columns are given; parameters are named after the columns."""
    made = sa.update(table).values({name: sa.bindparam(f"set_{name}") for name in columns})
    for name in where:
        made = made.where(table.c[name] == sa.bindparam(name))
    return Statement(made)


def column(name: str) -> Any:
    """A parameter."""
    return sa.bindparam(name)


Row = Any  # sqlite3.Row or asyncpg.Record: by name or by index
