"""Write protocol/vectors/*.json: one example and more of every command, answer, event and body, in both codecs (STYLE 11).

The examples are one story, told again in protocol/README.md. The files are checked in; whoever changes the wire runs this and
reads the difference: a vector that changed is a client that breaks.
"""

import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from protocol import bodies
from protocol.codec import JSON, MESSAGEPACK
from tools.vectors.answers import ANSWERS
from tools.vectors.bodies import BODIES, REFUSED_BODIES
from tools.vectors.commands import COMMANDS
from tools.vectors.events import EVENTS
from tools.vectors.story import LI_NA, NOON, TOM, Make, Wire, check

FOLDER = Path(__file__).resolve().parent.parent / "protocol" / "vectors"


def frame(name: str, make: Make) -> dict[str, Any]:
    binary, text = Wire(MESSAGEPACK), Wire(JSON)
    packed, plain = MESSAGEPACK.encode(make(binary)), json.loads(JSON.encode(make(text)))
    return {"name": name, "json": plain, "msgpack": packed.hex(), **({"bodies": binary.bodies} if binary.bodies else {})}


def body(name: str, plain: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "json": plain, "msgpack": msgspec.msgpack.encode(plain).hex(), "canonical": check(plain).canonical.hex()}


def note() -> dict[str, Any]:
    """Written by the server alone, so there is nothing that a client might send."""
    canonical = bodies.note("joined", members=(TOM,), by=LI_NA).canonical
    return {"name": "note", "json": msgspec.msgpack.decode(canonical), "canonical": canonical.hex()}


def forward() -> dict[str, Any]:
    canonical = bodies.forwarded(check(BODIES["text_with_everything_shared"]).canonical, sender=LI_NA, sent_at=NOON).canonical
    return {"name": "forwarded", "json": msgspec.msgpack.decode(canonical), "canonical": canonical.hex()}


def files() -> dict[str, str]:
    tables = {
        "commands": [frame(name, make) for name, make in COMMANDS.items()],
        "answers": [frame(name, make) for name, make in ANSWERS.items()],
        "events": [frame(name, make) for name, make in EVENTS.items()],
        "bodies": [body(name, plain) for name, plain in BODIES.items()] + [note(), forward()],
        "refused_bodies": [{"name": name, "code": code, "json_text": text} for name, (code, text) in REFUSED_BODIES.items()],
    }
    return {f"{name}.json": json.dumps(rows, ensure_ascii=False, indent=1) + "\n" for name, rows in tables.items()}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, text in files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        print(f"{name}: {text.count(chr(10))} lines", file=sys.stderr)


if __name__ == "__main__":
    main()
