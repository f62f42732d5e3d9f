"""The session that is kept between runs: a file for each server and member, which ``tail`` owns while it runs and ``say`` borrows."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from protocol.errors import YizhanError

if TYPE_CHECKING:
    from yizhan import State


class StateUnreadable(YizhanError):
    code = "cli.state_unreadable"
    en = "{path} is not a state of ours"
    zh = "{path} 不是有效的状态文件"

    def __init__(self, path: Path) -> None:
        super().__init__(path=str(path))
        self.advice = (f"remove it (then everything is told anew): rm '{path}'", f"请删除它(之后将重新显示全部内容):rm '{path}'")


class AlreadyTailed(YizhanError):
    code = "cli.already_tailed"
    en = "another tail of {name} runs already"
    zh = "已有另一个进程正在显示 {name} 的消息"
    advice = ("end that one first; two would share one memory of what was shown", "请先结束那个进程;两者会共用同一份显示记录")

    def __init__(self, name: str) -> None:
        super().__init__(name=name)


class Shared:
    """A store for who only says something: it uses the session of the file, and keeps a new one there, but moves no cursor.

    While a tail runs the file is that one's, and nothing is written.
    """

    def __init__(self, path: Path, *, may_write: bool) -> None:
        self._path = path
        self._may_write = may_write
        self._there: State | None = None

    def load(self) -> "State | None":
        import msgspec

        from yizhan import State

        self._there = there = stored(self._path)
        return there and msgspec.structs.replace(State(), login=there.login, device=there.device, session=there.session)

    def save(self, state: "State") -> None:
        import msgspec

        from yizhan import FileStore, State

        there = self._there or State()
        kept = msgspec.structs.replace(there, login=state.login, device=state.device, session=state.session)
        if self._may_write and kept != self._there:
            self._there = kept
            FileStore(self._path).save(kept)


def stored(path: Path) -> "State | None":
    """Raises: StateUnreadable."""
    import msgspec

    from yizhan import FileStore

    try:
        return FileStore(path).load()
    except msgspec.MsgspecError:
        raise StateUnreadable(path) from None


@contextlib.contextmanager
def locked(path: Path) -> Iterator[bool]:
    """Whether the state file is ours for as long as the block lasts."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
