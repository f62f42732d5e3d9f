"""JSON Schema (2020-12) of everything on the wire, made from the structs; ``python -m protocol.schema`` prints it.

What types cannot say (rich text's subset, who may do what) is in ``README.md``. Types for other languages are made from this.
"""

import json
import sys
from typing import Any

import msgspec

from .bodies import Known, Tag
from .commands import AnyCommand
from .events import AnyFrame

TEMPLATE = "#/$defs/{name}"


def schema() -> dict[str, Any]:
    """The whole protocol: ``$defs`` has every struct by its name, and the unions Command, Frame and Body."""
    members = (*AnyCommand.__args__, *AnyFrame.__args__, *Known.__args__, Tag)
    _, defs = msgspec.json.schema_components(map(_shown, members), ref_template=TEMPLATE)
    for cls in _structs(defs):
        for field in msgspec.structs.fields(cls):
            if field.type is msgspec.Raw:
                defs[cls.__name__]["properties"][field.encode_name] = _ref("Body")
    unknown = defs.pop("Tag")
    defs |= {
        "UnknownBody": _unknown_body(unknown),
        "Body": {"description": "What a message may hold.", "oneOf": [*_refs(Known.__args__), _ref("UnknownBody")]},
        "Command": {"description": "What a client may wish.", "oneOf": _refs(AnyCommand.__args__)},
        "Frame": {"description": "What a server says.", "oneOf": _refs(AnyFrame.__args__)},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Yizhan wire protocol, version 1",
        "oneOf": [_ref("Command"), _ref("Frame")],
        "$defs": dict(sorted(defs.items())),
    }


def _shown(cls: type[msgspec.Struct]) -> type[msgspec.Struct]:
    """``cls``; with None in place of a default of Raw, which msgspec cannot write down."""
    absent = [(field.name, field.type, None) for field in msgspec.structs.fields(cls) if isinstance(field.default, msgspec.Raw)]
    if not absent:
        return cls
    return msgspec.defstruct(
        cls.__name__, absent, bases=(cls,), frozen=True, kw_only=True, tag=cls.__struct_config__.tag, namespace={"__doc__": cls.__doc__}
    )


def _unknown_body(tag: dict[str, Any]) -> dict[str, Any]:
    """From the struct that reads what all kinds share: of any other kind, with a fallback that is not empty."""
    properties = {name: dict(kept) for name, kept in tag["properties"].items()}
    properties["kind"]["not"] = {"enum": [cls.__struct_config__.tag for cls in Known.__args__]}
    properties["fallback"] = {**properties["fallback"], "minLength": 1}
    properties["fallback"].pop("default", None)
    described = "A kind that this server does not know: strings, numbers, booleans, lists and maps, with a text for those who don't either."
    return {**tag, "title": "UnknownBody", "description": described, "properties": properties, "required": ["kind", "fallback"]}


def _structs(defs: dict[str, Any]) -> list[type[msgspec.Struct]]:
    """The classes behind ``defs``; two of one name would be one definition too few."""
    found: dict[str, type[msgspec.Struct]] = {}
    left: list[type[msgspec.Struct]] = [msgspec.Struct]
    while left:
        for cls in left.pop().__subclasses__():
            left.append(cls)
            if cls.__module__.startswith(__package__ or "protocol") and cls.__name__ in defs:
                found[cls.__name__] = cls
    return list(found.values())


def _ref(name: str) -> dict[str, str]:
    return {"$ref": TEMPLATE.format(name=name)}


def _refs(classes: tuple[type, ...]) -> list[dict[str, str]]:
    return [_ref(cls.__name__) for cls in classes]


if __name__ == "__main__":
    json.dump(schema(), sys.stdout, ensure_ascii=False, indent=1)
    print()
