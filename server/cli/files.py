"""Files that a command writes: people's data and passwords, whole or not at all, for their owner's eyes alone."""

import contextlib
import os
from pathlib import Path

from protocol.errors import YizhanError


class FileNotWritten(YizhanError):
    code = "cli.file_not_written"
    en = "{path} cannot be written: {why}"
    zh = "无法写入 {path}:{why}"
    advice = (
        "see that its folder exists, that this user may write there, and that there is room",
        "请确认其所在目录存在、当前用户有权写入且有剩余空间",
    )

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(path=str(path), why=error.strerror or str(error))


def write(place: Path, data: bytes) -> None:
    """What stood there stays until all of ``data`` is on the disk. A pipe or a device gets it as it is. Raises: FileNotWritten."""
    place = place.resolve()  # behind a link, where the file is
    try:
        if place.exists() and not place.is_file():
            place.write_bytes(data)
        else:
            _replace(place, data)
    except OSError as error:
        raise FileNotWritten(place, error) from error


def _replace(place: Path, data: bytes) -> None:
    new = place.with_name(f".{place.name}.{os.getpid()}.new")
    try:
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.replace(place)
    except OSError:
        with contextlib.suppress(OSError):
            new.unlink()
        raise


def reserve(place: Path) -> None:
    """An empty file for what cannot be told twice, before it is drawn. Raises: FileNotWritten, also where there is one already."""
    try:
        place.touch(mode=0o600, exist_ok=False)
    except OSError as error:
        raise FileNotWritten(place, error) from error


def give_up(place: Path) -> None:
    """What was reserved and is still empty."""
    with contextlib.suppress(OSError):
        if not place.stat().st_size:
            place.unlink()
