"""Whether rows that were put into the database in bulk look like those that the writer left beside them in a run.

Column by column: the same types of values, and where the writer has one value everywhere the bulk has it, too.
"""

import contextlib
import sqlite3
from pathlib import Path

SAMPLE = 2000
OLD, NEW = "place <= {position}", "place > {position}"
TABLES = {"conversations": (OLD, NEW), "marks": (OLD, NEW), "messages": ("rowid <= {rows}", "rowid > {rows}")}
VARIES = {"place", "sent_at", "last_at", "head", "countable", "read", "read_countable", "delivered", "seq", "is_open"}  # by what was said


class NotAlike(Exception):
    """A column of bulk rows differs from the writer's; its name is the message."""


def check_alike(path: Path, *, rows: int) -> None:
    """``rows``: messages before the run. Raises: NotAlike."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        position = connection.execute("SELECT min(position) FROM feed").fetchone()[0]
        for table, sides in TABLES.items():
            bulk, writers = (side.format(position=position, rows=rows) for side in sides)
            for (column,) in connection.execute("SELECT name FROM pragma_table_info(?)", (table,)).fetchall():
                before, after = _values(connection, table, column, bulk), _values(connection, table, column, writers)
                same = {type(value) for value in before} == {type(value) for value in after}
                if after and (not same or (len(after) == 1 and column not in VARIES and before != after)):
                    raise NotAlike(
                        f"{table}.{column}: {sorted(map(repr, before))[:3]} in bulk, {sorted(map(repr, after))[:3]} by the writer"
                    )


def _values(connection: sqlite3.Connection, table: str, column: str, where: str) -> set[object]:
    return {row[0] for row in connection.execute(f"SELECT {column} FROM {table} WHERE {where} LIMIT {SAMPLE}")}
