"""Bodies of every kind, and such as are refused."""

import json
from typing import Any

from tools.vectors.story import NOON, TEXT, TOM

BODIES: dict[str, dict[str, Any]] = {
    "text": TEXT,
    "text_with_everything_shared": {
        "kind": "text",
        "text": "@Tom and all: yes 👍",
        "reply_to": 7,
        "mentions": [TOM],
        "mention_all": True,
    },
    "text_with_defaults_and_an_unknown_field": {"kind": "text", "text": "hi", "mention_all": False, "mentions": [], "sparkle": 1},
    "rich": {"kind": "rich", "markdown": "**Lunch** at [noon](https://example.com)"},
    "sticker": {"kind": "sticker", "pack": "emoji", "name": "👍"},
    "image": {"kind": "image", "file": "f_8Zk1", "name": "cat.png", "size": 5120, "width": 640, "height": 480, "caption": "my cat"},
    "file": {"kind": "file", "file": "f_8Zk2", "name": "report.pdf", "size": 90210, "media_type": "application/pdf"},
    "voice": {"kind": "voice", "file": "f_8Zk3", "size": 9000, "duration_ms": 3200},
    "location": {"kind": "location", "latitude": 31, "longitude": 121.5, "title": "上海"},
    "card": {"kind": "card", "member": TOM, "name": "Tom"},
    "link": {"kind": "link", "url": "https://example.com/", "title": "Example", "summary": "An example"},
    "unknown_kind": {
        "kind": "poll",
        "fallback": "A poll: lunch where?",
        "choices": ["canteen", "noodles"],
        "ends": {"at": NOON, "share": 0.5, "early": True},
        "mentions": [TOM],
    },
}
REFUSED_BODIES: dict[str, tuple[str, str]] = {
    "no_kind": ("body.invalid", '{"text":"hi"}'),
    "empty_text": ("body.invalid", '{"kind":"text","text":""}'),
    "text_of_16001_characters": ("body.invalid", json.dumps({"kind": "text", "text": "x" * 16_001})),
    "not_a_map": ("body.invalid", '["text"]'),
    "a_client_writes_a_note": ("body.invalid", '{"kind":"note","what":"joined"}'),
    "a_client_says_forwarded": ("body.invalid", '{"kind":"text","text":"hi","forwarded":{"sender":"mQ7f0ZkPzA","sent_at":1}}'),
    "mentioned_twice": ("body.invalid", '{"kind":"text","text":"hi","mentions":["mQ7f0ZkPzA","mQ7f0ZkPzA"]}'),
    "rich_text_with_html": ("body.invalid", '{"kind":"rich","markdown":"<b>hi</b>"}'),
    "rich_text_with_a_script": ("body.invalid", '{"kind":"rich","markdown":"[hi](javascript:alert(1))"}'),
    "unknown_kind_without_fallback": ("body.invalid", '{"kind":"poll"}'),
    "unknown_kind_with_null": ("body.invalid", '{"kind":"poll","fallback":"a poll","ends":null}'),
    "unknown_kind_nine_deep": ("body.invalid", '{"kind":"poll","fallback":"a poll","x":[[[[[[[[1]]]]]]]]}'),
    "unknown_kind_with_a_number_of_54_bits": ("body.invalid", '{"kind":"poll","fallback":"a poll","x":9007199254740992}'),
    "unknown_kind_over_16_kib": ("body.too_large", json.dumps({"kind": "poll", "fallback": "a poll", "x": "x" * 16_384})),
}
