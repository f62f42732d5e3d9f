"""What a search finds by a scan that tries every member, and people and queries to compare it by (SPEC B8)."""

import re
from random import Random

from server.directory.fields import Entry
from server.directory.names import DIGRAPHS
from server.directory.order import sort_key
from server.directory.pinyin import Token, fold, is_character, read, split
from server.directory.search import Hits, SearchIndex
from server.directory.views import View


def index_of(*entries: Entry) -> SearchIndex:
    index = SearchIndex()
    for entry in entries:
        index.put(entry)
    return index


def made_of(*entries: Entry, at_once: int = 200) -> SearchIndex:
    """The same, as the index of a company is made."""
    index = SearchIndex()
    for first in range(0, len(entries), at_once):
        index.append(entries[first : first + at_once])
    for _ in index.settle():
        assert len(index) == len(entries)
    return index


def pages(index: SearchIndex, query: str, view: View, limit: int) -> list[Hits]:
    read_so_far, after = [], None
    while True:
        hits = index.search(query, view, limit, after)
        read_so_far.append(hits)
        after = hits.next
        if after is None:
            return read_so_far


def naive_tier(entry: Entry, query: str, *, whole_only: bool, may_read: bool) -> int | None:
    """As typed, and with ü as v."""
    typed = {fold(query), fold(query).replace("ü", "v")}
    tiers = [_naive_tier(entry, text, whole_only=whole_only, may_read=may_read) for text in typed]
    return min((tier for tier in tiers if tier is not None), default=None)


def _naive_tier(entry: Entry, text: str, *, whole_only: bool, may_read: bool) -> int | None:
    tokens = read(entry.name, entry.pinyin)
    runs, compact = split(text), "".join(text.split())
    if not runs:
        return None
    digits = "".join(one for one in text if one not in " ()+.-")
    digits = digits if digits.isascii() and digits.isdigit() else ""
    private = set() if may_read else entry.private
    written = runs == [token.text for token in tokens]
    if whole_only:
        return 0 if written or (digits and digits == entry.number and "number" not in entry.private) else None
    local, _, domain = entry.mail.partition("@")
    phone, tail = bare(entry.phone), bare(digits)
    tests: list[tuple[int, str, bool]] = [
        (0, "", written or whole(tokens, runs)),
        (1, "", meets(tokens, runs)),
        (2, "", any(meets(tokens[at:], runs) for at in range(1, len(tokens)))),
        (3, "", len(runs) == 1 and len(runs[0]) > 1 and any(runs[0] in one.text for one in tokens if not one.is_character)),
        (0, "number", bool(digits) and entry.number == digits),
        (1, "number", bool(digits) and entry.number.startswith(digits)),
        (0, "phone", len(tail) >= 7 and phone.endswith(tail)),
        (3, "phone", len(tail) >= 4 and phone.endswith(tail)),
        (0, "employee_no", fold(entry.employee_no) == compact),
        (1, "employee_no", fold(entry.employee_no).startswith(compact)),
        (3, "employee_no", len(compact) >= 3 and compact in fold(entry.employee_no)),
    ]
    if "@" in compact:
        tests.append((0, "mail", compact.split("@")[0] == local and domain.startswith(compact.split("@", 1)[1])))
    else:
        tests += [(2, "mail", local.startswith(compact)), (3, "mail", len(compact) >= 3 and compact in local)]
    return min((tier for tier, field, met in tests if met and field not in private), default=None)


def bare(phone: str) -> str:
    """A Chinese mobile number without its country."""
    return re.sub(r"^86(?=1[3-9]\d{9}$)", "", phone.removeprefix("+"))


def meets(tokens: tuple[Token, ...], runs: list[str]) -> bool:
    if not runs or not tokens:
        return not runs
    run, token, behind = runs[0], tokens[0], tokens[1:]
    if is_character(run[0]):
        return token.text == run and meets(behind, runs[1:])
    if any(reading.startswith(run) for reading in token.readings) and meets(behind, runs[1:]):
        return True
    return any(
        (piece == reading or piece == reading[0] or (piece in DIGRAPHS and reading.startswith(piece))) and meets(behind, [rest, *runs[1:]])
        for piece, rest in ((run[:cut], run[cut:]) for cut in range(1, len(run)))
        for reading in token.readings
    )


def whole(tokens: tuple[Token, ...], runs: list[str]) -> bool:
    if not runs or not tokens:
        return not runs and not tokens
    run, token, behind = runs[0], tokens[0], tokens[1:]
    return any(
        run.startswith(reading) and whole(behind, [rest for rest in (run[len(reading) :],) if rest] + runs[1:])
        for reading in {*token.readings, *([token.text] if token.is_character else [])}
    )


def naive(entries: dict[int, Entry], query: str, visible: set[int], lifted: set[int], readable: set[int]) -> list[int]:
    found = []
    for member, entry in entries.items():
        if member in visible or member in lifted:
            tier = naive_tier(entry, query, whole_only=member not in visible, may_read=member in readable)
            if tier is not None:
                found.append((tier, sort_key(read(entry.name, entry.pinyin)), member))
    return [member for _, _, member in sorted(found)]


SCRAPS = ("ü", "z", "s", "h", "a", "n", "g", "张", "三", "上", "单", "d", "f", "1", "0", "l", "v", ".", " ", "san", "zhang", "shan")
MAIL_NAMES = ("zhang", "san.z", "zz", "shan")


def somebody(random: Random, member: int) -> Entry:
    name = "".join(random.choices("张章单曾吕李三丰珊上𠮷", k=random.randint(1, 3)))
    if random.random() < 0.3:
        name = random.choice(("John Smith", "Ann San", "Zhang三", f"张{random.randint(1, 3)}", "Ünal Shan", "o'neil", "阿A上"))
    return Entry(
        member,
        name,
        pinyin=random.choice(("", "", "zhang san", "dan")),
        number=str(random.randint(1000, 1300)),
        phone=random.choice(("", f"+86138{random.randint(10**7, 10**7 + 30)}")),
        mail=random.choice(("", f"{random.choice(MAIL_NAMES)}{random.randint(0, 3)}@{random.choice(('a.cn', 'b.cn'))}")),
        employee_no=random.choice(("", f"E{random.randint(0, 30):03}", "工号1")),
        private=frozenset(random.sample(("number", "phone", "mail", "employee_no"), random.choice((0, 0, 1, 2)))),
    )


def some_query(random: Random, entries: dict[int, Entry]) -> str:
    kind = random.random()
    if kind < 0.5 or not entries:
        return "".join(random.choices(SCRAPS, k=random.randint(1, 4)))
    entry = random.choice(list(entries.values()))
    tokens = read(entry.name, entry.pinyin)
    pinyin = "".join(random.choice(token.readings or (token.text,))[: random.choice((1, 2, 9))] for token in tokens)
    text = random.choice((entry.name, pinyin, pinyin, entry.number, entry.phone, entry.phone[-5:], entry.mail, entry.employee_no))
    cut = random.randint(0, 2)
    return text[cut : cut + random.randint(1, 24)]
