"""The process that reads, plans and writes workbooks: seconds of Python, and files of strangers, kept away from connections (DESIGN 2).

``python -m server.rosters.worker``: the task comes on standard input, progress goes line by line to standard output, the answer into the
folder. It may have so much memory and so much time, and writes nothing to the database.
"""

import asyncio
import os
import resource
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from protocol.errors import YizhanError
from server.accounts import codes
from server.rosters import columns, loading, pieces, planning, reading, writing
from server.rosters.errors import WorkTooLong
from server.rosters.loading import Loaded
from server.rosters.plan import HEADER, Plan, Problem
from server.rosters.reaching import as_seen, judged
from server.rosters.reading import Book
from server.rosters.row_values import numbers_of
from server.rosters.task import Answer, Done, Failed, First, Task, summary
from storage.draw import draw_id
from storage.engine import Storage, connect

MEMORY_BYTES = 2 << 30
CPU_SECONDS = 120
IN, OUT = "in", "out"
Tell = Callable[[str], None]


def main(folder: Path) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    os.nice(5)  # whoever holds connections goes first
    task = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Task)
    try:
        answer = Answer(done=asyncio.run(work(task, (folder / IN).read_bytes(), _tell)))
    except YizhanError as error:
        answer = Answer(failed=Failed(error.code, error.data))
    except MemoryError:
        answer = Answer(failed=Failed(WorkTooLong.code, {}))
    (folder / OUT).write_bytes(msgspec.msgpack.encode(answer))


def _tell(stage: str) -> None:
    sys.stdout.write(stage + "\n")
    sys.stdout.flush()


async def work(task: Task, data: bytes, tell: Tell) -> Done:
    """Raises: CompanyNotFound, FileTooLarge, FileUnreadable, HeaderMissing, ColumnTwice, NumbersExhausted, DatabaseAway."""
    book = Book(None, None)
    if task.what == "plan":
        tell("reading")
        book = reading.read(data)
    storage = await connect(task.database, now=lambda: task.now)
    try:
        tell("loading")
        loaded = await loading.load(storage, task.company, task.limits)
        act = "roster.export" if task.what == "export" else "roster.import"
        seen = await as_seen(storage, loaded.picture, task.company, act, task.reach)
        loaded = msgspec.structs.replace(loaded, picture=seen)
        if task.what == "plan":
            book = reading.with_fields(book, columns.own(loaded.picture.fields))
            return await _planned(task, book, loaded, storage, tell)
        tell("writing")
        if task.what == "export":
            made = writing.exported(loaded.picture, task.reach, language=task.language, kind=task.kind)
        else:
            made = writing.template(loaded.picture, task.reach, language=task.language)
        return Done(file=made, company=loaded.picture.company, rows=len(loaded.picture.cards))
    finally:
        await storage.close()


async def _planned(task: Task, book: Book, loaded: Loaded, storage: Storage, tell: Tell) -> Done:
    tell("planning")
    asked = numbers_of(book.members) if book.members is not None else set()
    held = {card.record.number for card in loaded.picture.cards}
    taken = await loading.taken(storage, sorted(asked - held))
    picture = msgspec.structs.replace(loaded.picture, taken=taken | held)
    plan = planning.make(book, picture, task.wish, task.reach, now=task.now, draw=draw_id)
    plan.problems.extend(await judged(storage, task.company, plan, task.reach, loaded.ordinary_role))
    made = Done(
        base=loaded.base, company=picture.company, role=loaded.ordinary_role, rows=len(book.members.filled()) if book.members else 0
    )
    if not plan.problems:
        made = await _carried_out(task, plan, made, loaded, storage)
    marked = b""
    if plan.problems:
        tell("marking")
        marked = writing.marked(book, plan.problems, plan.warnings, language=task.wish.language)
    return msgspec.structs.replace(made, summary=summary(plan, task.wish.language, task.listed), file=marked)


async def _carried_out(task: Task, plan: Plan, made: Done, loaded: Loaded, storage: Storage) -> Done:
    """With numbers, first passwords and pieces; the plan gets a problem where numbers do not suffice."""
    given = [one.number for one in plan.additions]
    missing = given.count("")
    try:
        drawn, passed = await loading.free_numbers(storage, loaded.picture.segments, missing, set(given)) if missing else ([], {})
    except YizhanError as error:
        plan.problems.append(Problem.of(error, "members", HEADER))
        return made
    handed = iter(drawn)
    numbers = [number or next(handed) for number in given]
    shared = task.password or loaded.first_password
    told = ["" if task.wish.draft or shared else codes.draw_code() for _ in numbers]
    stored = [None if task.wish.draft else shared or codes.stored_code(code) for code in told]
    people = pieces.newcomers(plan.additions, numbers, stored, draw_id, task.reach.scope)
    before = {segment.first: segment.next for segment in loaded.picture.segments}
    return msgspec.structs.replace(
        made,
        pieces=[pieces.encode(piece) for piece in pieces.cut(plan, people)] if task.pieces else [],
        firsts=[First(one.member, one.number, one.fields["name"], code) for one, code in zip(people, told, strict=True)]
        if task.pieces
        else [],
        seats=0 if task.wish.draft else len(people),
        numbers=numbers,
        segments={first: (before[first], following) for first, following in passed.items()},
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
