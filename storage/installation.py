"""What the installation is: its epoch and the key by which tokens are sealed."""

from dataclasses import dataclass

import sqlalchemy as sa

from storage.schema.installation import installation
from storage.statements import statement
from storage.work import Read

ALL = statement(sa.select(installation.c.name, installation.c.value))


@dataclass(frozen=True)
class Secrets:
    """``epoch`` changes when a backup is restored (LOG E4); ``token_key`` seals sync tokens and derives rotated session tokens."""

    epoch: bytes
    token_key: bytes


async def secrets(read: Read) -> Secrets:
    values = {row[0]: bytes(row[1]) for row in await read.all(ALL)}
    return Secrets(values["epoch"], values["token_key"])
