"""A worker of rosters without a process of its own: the same work on the same messages, a second sooner."""

import msgspec

from protocol.errors import YizhanError
from server.rosters import worker
from server.rosters.running import Progress, nobody
from server.rosters.task import Answer, Done, Failed, Task


async def in_this_process(task: Task, data: bytes = b"", *, progress: Progress = nobody) -> Done:
    """Task, answer and errors go through MessagePack, as between processes; limits of time and memory are the process's alone."""
    heard = msgspec.msgpack.decode(msgspec.msgpack.encode(task), type=Task)
    try:
        answer = Answer(done=await worker.work(heard, data, lambda stage: progress(stage, 0, 0)))
    except YizhanError as error:
        answer = Answer(failed=Failed(error.code, error.data))
    told = msgspec.msgpack.decode(msgspec.msgpack.encode(answer), type=Answer)
    if told.failed is not None:
        raise YizhanError.known[told.failed.code](**told.failed.data)
    assert told.done is not None
    return told.done
