"""The data folder (setting ``server.data``): made where it is not there, closed to other users, and said so where it cannot be used."""

import os
from pathlib import Path

from protocol.errors import YizhanError


class DataFolderUnusable(YizhanError):
    code = "server.data_unusable"
    en = "the data folder cannot be used: {path}: {why}"
    zh = "数据目录无法使用:{path}:{why}"
    advice = (
        "let this user write there, or name another folder: YIZHAN_SERVER__DATA, or server.data in the file",
        "请允许当前用户写入该目录,或指定另一目录:YIZHAN_SERVER__DATA,或配置项 server.data",
    )

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(path=str(path), why=why)


def make(path: Path) -> None:
    """One that is there stays as it is. Raises: DataFolderUnusable."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError:
        raise DataFolderUnusable(path, "it is a file") from None
    except OSError as error:
        raise DataFolderUnusable(Path(error.filename or path), error.strerror or str(error)) from error
    if why := closed(path):
        raise DataFolderUnusable(path, why)


def closed(path: Path) -> str:
    """Why this user cannot make files in what stands there; nothing where it can."""
    if not path.is_dir():
        return "it is a file"
    return "" if os.access(path, os.R_OK | os.W_OK | os.X_OK) else "this user may not write there"
