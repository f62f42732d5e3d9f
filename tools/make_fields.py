"""Renews the tables of fields in protocol/README.md from the structs: ``python tools/make_fields.py``.

A field that is needed is bold; another stands with its default, where that is not simply nothing (empty, 0, false, null).
"""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args, get_origin

import msgspec

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from protocol.commands import AnyCommand  # noqa: E402 (this checkout's, not an installed one)
from protocol.events import AnyFrame  # noqa: E402

README = ROOT / "protocol/README.md"
BEGIN, END = "<!-- fields: made by tools/make_fields.py -->\n", "<!-- end of fields -->"
NAMES = {int: "number", float: "number", str: "text", bool: "yes or no", dict: "map", type(None): "nothing", msgspec.Raw: "body"}


def tables() -> str:
    commands, frames = AnyCommand.__args__, AnyFrame.__args__
    parts = [_table("command", ((_tag(cls), cls) for cls in commands)), _table("answer or event", ((_tag(cls), cls) for cls in frames))]
    parts.append(_table("part", ((cls.__name__, cls) for cls in _parts((*commands, *frames)))))
    return "\n".join(parts)


def renewed(text: str) -> str:
    """``text`` with the tables as they are now."""
    before, rest = text.split(BEGIN)
    return before + BEGIN + tables() + rest[rest.index(END) :]


def _table(what: str, rows: Iterable[tuple[str, type[msgspec.Struct]]]) -> str:
    lines = [f"| {what} | fields |", "|---|---|"]
    return "\n".join([*lines, *(f"| {name} | {_fields(cls)} |" for name, cls in rows)]) + "\n"


def _tag(cls: type[msgspec.Struct]) -> str:
    return str(cls.__struct_config__.tag)


def _fields(cls: type[msgspec.Struct]) -> str:
    shown = [_field(field) for field in msgspec.structs.fields(cls) if field.encode_name != "request"]
    return ", ".join(shown) or "nothing"


def _field(field: Any) -> str:
    name = f"**`{field.encode_name}`**" if field.required else f"`{field.encode_name}`"
    kind = _kind(field.type)
    default = field.default
    is_plain = default is msgspec.NODEFAULT or default is None or isinstance(default, msgspec.Raw) or not default
    return f"{name} {kind}" if is_plain else f"{name} {kind}, else {msgspec.json.encode(default).decode()}"


def _kind(made: Any) -> str:
    origin, inner = get_origin(made), get_args(made)
    if hasattr(made, "__metadata__"):
        return _kind(inner[0])
    if origin in (tuple, list):
        return f"list of {_kind(inner[0])}"
    if origin is dict:
        return f"map of {_kind(inner[0])} to {_kind(inner[1])}"
    if origin is not None and "Literal" in str(origin):
        return " / ".join(f"`{value}`" for value in inner)
    if inner:
        return " or ".join(_kind(one) for one in inner if one is not type(None))
    if isinstance(made, type) and issubclass(made, msgspec.Struct):
        return made.__name__
    supertype = getattr(made, "__supertype__", None)
    return _kind(supertype) if supertype is not None else NAMES.get(made, "any")


def _parts(classes: Iterable[type[msgspec.Struct]]) -> list[type[msgspec.Struct]]:
    """The structs within these, each once, as they are met."""
    found: dict[type[msgspec.Struct], None] = {}
    left = list(classes)
    while left:
        for field in msgspec.structs.fields(left.pop(0)):
            new = [cls for cls in _structs(field.type) if cls not in found]
            found |= dict.fromkeys(new)
            left += new
    return list(found)


def _structs(made: Any) -> list[type[msgspec.Struct]]:
    if isinstance(made, type) and issubclass(made, msgspec.Struct):
        return [made]
    return [cls for inner in get_args(made) for cls in _structs(inner)]


if __name__ == "__main__":
    README.write_text(renewed(README.read_text("utf-8")), "utf-8")
