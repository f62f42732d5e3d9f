"""The file that remembers the demo company: the passwords that were drawn for it, and the seed that it was made from.

It lies in the data folder and only its owner can read it. Whoever has it can sign in to the demo, which listens on loopback alone.
"""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

FILE = "demo.json"


class Login(msgspec.Struct, frozen=True):
    """``role``: the kind of the role, where it is not an ordinary member's."""

    number: str
    name: str
    password: str
    role: str = ""


class Kept(msgspec.Struct, frozen=True):
    """``passwords`` by the people's names; ``made_at`` in milliseconds UTC; ``logins`` are there when all of it is made."""

    seed: bytes
    made_at: int
    passwords: Mapping[str, str]
    logins: tuple[Login, ...] = ()

    def password_of(self, number: str) -> str:
        """Empty for a number that is not the demo's."""
        return next((login.password for login in self.logins if login.number == number), "")


def load(data: Path) -> Kept | None:
    """Raises: msgspec.MsgspecError where the file is not one of ours."""
    try:
        return msgspec.json.decode((data / FILE).read_bytes(), type=Kept)
    except FileNotFoundError:
        return None


def save(data: Path, kept: Kept) -> None:
    """Either the old or the new one survives a crash."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = data / f"{FILE}.new"
    new.unlink(missing_ok=True)  # whoever made it could else read what is written now
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(kept), indent=2) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    new.replace(data / FILE)
