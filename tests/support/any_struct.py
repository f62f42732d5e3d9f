"""Hypothesis strategies for the structs of the protocol, made from their types: whatever the wire allows, these may draw."""

from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import inspect

from protocol.bodies import Body, Checked, Known, NoteBody, Tag, check_body, check_unknown
from protocol.codec import JSON, Codec
from protocol.errors import BodyInvalid
from protocol.limits import LARGEST_NUMBER

CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
WHOLE = st.integers(-LARGEST_NUMBER, LARGEST_NUMBER)
PLAIN: st.SearchStrategy[Any] = st.recursive(
    st.booleans() | WHOLE | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
SHARED = {"kind", "fallback", "reply_to", "mentions", "mention_all", "forwarded"}


def structs(cls: type[Any]) -> st.SearchStrategy[Any]:
    """Any value of a struct; bodies inside are canonical MessagePack."""
    described = inspect.type_info(cls)
    assert isinstance(described, inspect.StructType)
    fields = {field.name: values(field.type) for field in described.fields}
    if issubclass(cls, Body):
        fields |= {"forwarded": st.none(), "mentions": st.lists(_mention(), max_size=3, unique=True).map(tuple)}
    return st.builds(cls, **fields)


def _mention() -> st.SearchStrategy[str]:
    return st.text("abcdefghij", min_size=10, max_size=10)


def values(kind: inspect.Type) -> st.SearchStrategy[Any]:
    match kind:
        case inspect.IntType():
            return st.integers(-(2**63) if kind.ge is None else kind.ge, 2**63 if kind.le is None else kind.le)
        case inspect.FloatType():
            return st.floats(kind.ge, kind.le, allow_nan=False, allow_infinity=False)
        case inspect.StrType():
            return _texts(kind)
        case inspect.BoolType():
            return st.booleans()
        case inspect.NoneType():
            return st.none()
        case inspect.AnyType():
            return st.none() | st.booleans() | WHOLE | st.text(max_size=5)
        case inspect.RawType():
            return checked().map(lambda body: msgspec.Raw(body.canonical))
        case inspect.LiteralType():
            return st.sampled_from(kind.values)
        case inspect.UnionType():
            return st.one_of([values(one) for one in kind.types])
        case inspect.DictType():
            return st.dictionaries(values(kind.key_type), values(kind.value_type), max_size=3)
        case inspect.VarTupleType():
            return st.lists(values(kind.item_type), max_size=3).map(tuple)
        case inspect.StructType():
            return structs(kind.cls)
    raise AssertionError(f"no strategy for {kind}")


def _texts(kind: inspect.StrType) -> st.SearchStrategy[str]:
    if kind.pattern == "^https?://":
        return st.text(CHARACTERS, max_size=9).map("https://".__add__)
    if kind.pattern == "^[A-Z#]?$":
        return st.sampled_from(("", "A", "Z", "#"))
    least = kind.min_length or 0
    return st.text(CHARACTERS, min_size=least, max_size=max(least, min(12, kind.max_length or 12)))


def sendable() -> st.SearchStrategy[Body]:
    """Bodies of known kinds that a client may send; rich text without marks, which have a test of their own."""
    kinds = [cls for cls in Known.__args__ if cls is not NoteBody]
    return st.one_of([structs(cls) for cls in kinds]).filter(_passes)


def _passes(body: Body) -> bool:
    try:
        check_body(body)
    except BodyInvalid:
        return False
    return True


@st.composite
def unknown(draw: st.DrawFn) -> dict[str, Any]:
    """A body of a kind that nobody knows yet."""
    fields: dict[str, Any] = draw(st.dictionaries(st.text(max_size=8).filter(lambda key: key not in SHARED), PLAIN, max_size=4))
    kind = draw(st.text("abcdef", min_size=1, max_size=8).map("x_".__add__))
    shared = {"kind": kind, "fallback": draw(st.text(CHARACTERS, min_size=1, max_size=9)), "mention_all": draw(st.booleans())}
    return shared | fields


def checked() -> st.SearchStrategy[Checked]:
    return sendable().map(check_body) | unknown().map(lambda data: check_unknown(data, msgspec.convert(data, Tag)))


def in_codec(value: Any, codec: Codec) -> Any:
    """``value`` with its bodies in ``codec``."""
    if codec is not JSON:
        return value
    if isinstance(value, msgspec.Raw):
        return codec.raw_body(bytes(value)) if bytes(value) else value
    if isinstance(value, tuple):
        return tuple(in_codec(item, codec) for item in value)
    if isinstance(value, msgspec.Struct):
        return msgspec.structs.replace(value, **{name: in_codec(getattr(value, name), codec) for name in value.__struct_fields__})
    return value
