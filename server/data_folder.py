"""The data folder (setting ``server.data``): made where it is not there, closed to other users, and said so where it cannot be used."""

import errno
import os
from pathlib import Path

from protocol.errors import YizhanError
from server.system_errors import PLACES, why


class DataFolderUnusable(YizhanError):
    code = "server.data_unusable"
    en = "the data folder cannot be used: {path}: {why}"
    zh = "数据目录无法使用:{path}:{why_zh}"
    advice = (
        "let this user write there, or name another folder: YIZHAN_SERVER__DATA, or server.data in the file",
        "请允许当前用户写入该目录,或指定另一目录:YIZHAN_SERVER__DATA,或配置项 server.data",
    )

    def __init__(self, path: Path, number: int) -> None:
        """``number``: the system's, of the error."""
        super().__init__(path=str(path), why=why(number, PLACES)[0], why_zh=why(number, PLACES)[1])


def make(path: Path) -> None:
    """One that is there stays as it is. Raises: DataFolderUnusable."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError:
        raise DataFolderUnusable(path, errno.ENOTDIR) from None
    except OSError as error:
        raise DataFolderUnusable(Path(error.filename or path), error.errno or 0) from error
    if number := closed(path):
        raise DataFolderUnusable(path, number)


def closed(path: Path) -> int:
    """Why this user cannot make files in what stands there, as the system's number; 0 where it can."""
    if not path.is_dir():
        return errno.ENOTDIR
    return 0 if os.access(path, os.R_OK | os.W_OK | os.X_OK) else errno.EACCES
