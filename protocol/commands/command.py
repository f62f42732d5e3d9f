"""What all commands share, and the kinds of their fields."""

from typing import Annotated

import msgspec
from msgspec import Meta

from .. import limits

Request = Annotated[int, Meta(ge=0, le=limits.LARGEST_NUMBER)]
Id = Annotated[str, Meta(min_length=10, max_length=10)]
MakesId = Annotated[str, Meta(min_length=32, max_length=32)]
Number = Annotated[int, Meta(ge=0, le=limits.LARGEST_NUMBER)]
# PostgreSQL's text holds no U+0000; said here, so that the database never has to refuse it
NO_NUL = r"^[^\x00]*$"
Word = Annotated[str, Meta(max_length=200, pattern=NO_NUL)]
Cursor = Annotated[str, Meta(max_length=400)]
Limit = Annotated[int, Meta(ge=1, le=limits.PAGE)]


class Command(msgspec.Struct, frozen=True, tag_field="type", kw_only=True, omit_defaults=True):
    request: Request
