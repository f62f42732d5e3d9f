"""What a message may hold (SPEC E1): the kinds of bodies, their checks, and their canonical bytes.

The canonical bytes are MessagePack as made here from what was validated; they are what the archive commits to (DESIGN 12), so a
kind's fields keep their order for ever and new ones come last. A kind that this server does not know is carried as plain data
with a ``fallback`` text (DESIGN 5.2). Bytes never occur in bodies, so both codecs say the same.
"""

import math
import re
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from . import limits
from .errors import BodyInvalid, BodyTooLarge
from .markdown import check_markdown

Text = Annotated[str, Meta(min_length=1, max_length=limits.TEXT_CHARACTERS)]
Name = Annotated[str, Meta(min_length=1, max_length=255)]
Short = Annotated[str, Meta(max_length=1000)]
FileId = Annotated[str, Meta(min_length=1, max_length=64)]
Url = Annotated[str, Meta(min_length=1, max_length=2000, pattern="^https?://")]
Natural = Annotated[int, Meta(ge=0, le=limits.LARGEST_NUMBER)]
Seq = Annotated[int, Meta(ge=1, le=limits.LARGEST_NUMBER)]
Mention = Annotated[str, Meta(min_length=10, max_length=10)]


class Forwarded(msgspec.Struct, frozen=True):
    """Where a forwarded body comes from, filled in by the server alone: ``{"sender": "…", "sent_at": 1766000000000}``."""

    sender: str
    sent_at: int


class Body(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="kind"):
    """What all kinds share; in the canonical bytes it stands before their own fields.

    ``reply_to`` is a seq of the same conversation; a reader who may not see that message gets none. ``mentions`` names members
    (each at most once), ``mention_all`` everybody. ``forwarded`` is the server's to fill in.
    """

    reply_to: Seq | None = msgspec.field(default=None)
    mentions: Annotated[tuple[Mention, ...], Meta(max_length=limits.MENTIONS)] = ()
    mention_all: bool = False
    forwarded: Forwarded | None = None


class TextBody(Body, frozen=True, kw_only=True, tag="text"):
    """``{"kind": "text", "text": "Lunch at noon?"}``"""

    text: Text


class RichBody(Body, frozen=True, kw_only=True, tag="rich"):
    """``{"kind": "rich", "markdown": "**Lunch** at [noon](https://example.com)"}``: the safe subset of ``markdown.py``."""

    markdown: Text


class StickerBody(Body, frozen=True, kw_only=True, tag="sticker"):
    """An emoji shown large, or a sticker of a pack: ``{"kind": "sticker", "pack": "emoji", "name": "👍"}``."""

    pack: Name
    name: Name


class ImageBody(Body, frozen=True, kw_only=True, tag="image"):
    """``{"kind": "image", "file": "f_…", "name": "cat.png", "size": 5120, "width": 640, "height": 480}``; sizes in bytes, pixels."""

    file: FileId
    name: Name
    size: Natural
    width: Natural
    height: Natural
    caption: Short = ""


class FileBody(Body, frozen=True, kw_only=True, tag="file"):
    """``{"kind": "file", "file": "f_…", "name": "report.pdf", "size": 90210, "media_type": "application/pdf"}``"""

    file: FileId
    name: Name
    size: Natural
    media_type: Name
    caption: Short = ""


class VoiceBody(Body, frozen=True, kw_only=True, tag="voice"):
    """``{"kind": "voice", "file": "f_…", "size": 9000, "duration_ms": 3200}``"""

    file: FileId
    size: Natural
    duration_ms: Natural


class LocationBody(Body, frozen=True, kw_only=True, tag="location"):
    """Degrees, WGS 84: ``{"kind": "location", "latitude": 31.2, "longitude": 121.5, "title": "上海"}``."""

    latitude: Annotated[float, Meta(ge=-90, le=90)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]
    title: Short = ""
    address: Short = ""


class CardBody(Body, frozen=True, kw_only=True, tag="card"):
    """A member handed on as a contact card: ``{"kind": "card", "member": "…", "name": "李娜"}``."""

    member: Mention
    name: Name


class LinkBody(Body, frozen=True, kw_only=True, tag="link"):
    """``{"kind": "link", "url": "https://example.com/", "title": "Example"}``"""

    url: Url
    title: Short = ""
    summary: Short = ""


class NoteBody(Body, frozen=True, kw_only=True, tag="note"):
    """A system note, written by the server alone: ``{"kind": "note", "what": "joined", "members": ["…"], "by": "…"}``.

    ``what`` is one of opened, joined, left, removed, and whatever later features add; clients show ``text`` for what they do not know.
    """

    what: Name
    members: tuple[str, ...] = ()
    by: str = ""
    text: Short = ""


Known = TextBody | RichBody | StickerBody | ImageBody | FileBody | VoiceBody | LocationBody | CardBody | LinkBody | NoteBody
KINDS: dict[str, type[Body]] = {
    "text": TextBody,
    "rich": RichBody,
    "sticker": StickerBody,
    "image": ImageBody,
    "file": FileBody,
    "voice": VoiceBody,
    "location": LocationBody,
    "card": CardBody,
    "link": LinkBody,
    "note": NoteBody,
}


class Tag(msgspec.Struct, frozen=True):
    """Only what kind a body claims to be, and the fields that all kinds share."""

    kind: Annotated[str, Meta(min_length=1, max_length=40)]
    reply_to: Seq | None = None
    mentions: Annotated[tuple[Mention, ...], Meta(max_length=limits.MENTIONS)] = ()
    mention_all: bool = False
    forwarded: Forwarded | None = None
    fallback: Short = ""


class Checked(msgspec.Struct, frozen=True):
    """A body that was validated: its canonical bytes, and what the writer must know of it."""

    canonical: bytes
    kind: str
    reply_to: int = 0
    mentions: tuple[str, ...] = ()
    mention_all: bool = False


_KIND = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]*")
_canonical = msgspec.msgpack.Encoder(order="deterministic").encode
_as_is = msgspec.msgpack.Encoder().encode


def check_body(body: Body) -> Checked:
    """Check a body of a known kind beyond what its types say, and make its canonical bytes.

    Raises: BodyInvalid.
    """
    if body.__class__ is TextBody:
        pass
    elif isinstance(body, RichBody):
        check_markdown(body.markdown)
    elif isinstance(body, NoteBody):
        raise BodyInvalid("notes are written by the server")
    if body.forwarded is not None:
        raise BodyInvalid("forwarded is filled in by the server")
    if body.mentions and len(set(body.mentions)) < len(body.mentions):
        raise BodyInvalid("a member is mentioned twice")
    return Checked(_as_is(body), body.__struct_config__.tag, body.reply_to or 0, body.mentions, body.mention_all)  # type: ignore[arg-type]


def check_unknown(data: dict[str, Any], tag: Tag) -> Checked:
    """Check a body of a kind that this server does not know: a map of strings, numbers, booleans, lists and maps.

    Raises: BodyInvalid, BodyTooLarge.
    """
    if not _KIND.fullmatch(tag.kind):
        raise BodyInvalid("a kind has letters, digits and _ . : -")
    if not tag.fallback:
        raise BodyInvalid(f"an unknown kind ({tag.kind}) needs a fallback text")
    if tag.forwarded is not None:
        raise BodyInvalid("forwarded is filled in by the server")
    if len(set(tag.mentions)) < len(tag.mentions):
        raise BodyInvalid("a member is mentioned twice")
    _check_plain(data, 1)
    canonical = _canonical(data)
    if len(canonical) > limits.UNKNOWN_BODY_BYTES:
        raise BodyTooLarge(len(canonical), limits.UNKNOWN_BODY_BYTES)
    return Checked(canonical, tag.kind, tag.reply_to or 0, tag.mentions, tag.mention_all)


def _check_plain(value: object, depth: int) -> None:
    if depth > limits.UNKNOWN_BODY_DEPTH:
        raise BodyInvalid(f"nested more than {limits.UNKNOWN_BODY_DEPTH} deep")
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise BodyInvalid("a map has strings as keys")
            _check_plain(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _check_plain(item, depth + 1)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise BodyInvalid("a number is not finite")
    elif isinstance(value, int) and not isinstance(value, bool):
        if not -limits.LARGEST_NUMBER <= value <= limits.LARGEST_NUMBER:
            raise BodyInvalid("a whole number has at most 53 bits")
    elif not isinstance(value, (str, bool)):
        raise BodyInvalid("a value is neither string, number, boolean, list nor map")


def note(what: str, *, members: tuple[str, ...] = (), by: str = "", text: str = "") -> Checked:
    """The body of a system note, written by the server."""
    return Checked(_as_is(NoteBody(what=what, members=members, by=by, text=text)), "note")


def forwarded(canonical: bytes, *, sender: str, sent_at: int) -> Checked:
    """The body that a forward of ``canonical`` carries: without its reply and mentions, with where it comes from."""
    data: dict[str, Any] = msgspec.msgpack.decode(canonical)
    for shared in ("reply_to", "mentions", "mention_all"):
        data.pop(shared, None)
    kept = data.get("forwarded") or {"sender": sender, "sent_at": sent_at}  # the first author, however often it is handed on
    kind = data["kind"]
    known = KINDS.get(kind)
    data["forwarded"] = kept
    if known is None:
        return Checked(_canonical(data), kind)
    return Checked(_as_is(msgspec.convert(data, known)), kind)


def without_reply(canonical: bytes) -> bytes:
    """``canonical`` as shown to a reader who may not see the message that it replies to."""
    data: dict[str, Any] = msgspec.msgpack.decode(canonical)
    data.pop("reply_to", None)
    return _as_is(data)
