"""The table of permissions as the administrator's guide shows it, made from ``permissions.py`` in either language."""

from collections.abc import Iterator

from server.roles.grants import NAMES
from server.roles.permissions import NONE, PERMISSIONS, SCOPES, SUBJECTS, Permission, Scope
from storage.roles import PRESETS, SYSTEM

_HEAD = (("Permission", "权限"), ("Meaning", "说明"), ("As far as", "可选范围"))
_NOTES = (
    ("reserved: never in another role", "仅企业管理员,不可授予"),
    ("put into roles by company administrators alone", "仅企业管理员可授予"),
)
_BY_HEADSHIP = ("heads have it over their units", "组织负责人对其组织拥有")


def markdown(language: str = "en") -> str:
    """A table for each subject: what each permission means, how far it can go, and what roles start with."""
    parts = []
    for title, head, rows in tables(language):
        marked = [[f"`{name}`", *rest] for name, *rest in rows]
        parts.append("\n".join([f"### {title}", "", _line(head), _line(["---"] * len(head)), *map(_line, marked)]))
    return "\n\n".join(parts) + "\n"


def tables(language: str = "en") -> Iterator[tuple[str, list[str], list[list[str]]]]:
    """(title, head, rows) of each subject."""
    zh = language.startswith("zh")
    head = [*(words[zh] for words in _HEAD), *(NAMES[key][zh] for key in (*SYSTEM, *PRESETS)), "SPEC"]
    for subject, title in SUBJECTS.items():
        yield title[zh], head, [_row(one, zh) for one in PERMISSIONS.values() if one.subject == subject]


def _row(one: Permission, zh: bool) -> list[str]:
    starts = [_scope(one.start(key), zh) for key in (*SYSTEM, *PRESETS)]
    return [one.name, meaning(one, zh), ", ".join(SCOPES[scope][zh] for scope in one.scopes if scope is not NONE), *starts, one.rows]


def meaning(one: Permission, zh: bool) -> str:
    """What it permits, and who has or gives it in another way than others."""
    notes = [words[zh] for words, said in zip(_NOTES, (one.is_reserved, one.is_given_from_above), strict=True) if said]
    notes += [_BY_HEADSHIP[zh]] if one.by_headship else []
    text = one.zh if zh else one.en
    return f"{text} ({'; '.join(notes)})" if notes else text


def _scope(scope: Scope, zh: bool) -> str:
    return "—" if scope is NONE else SCOPES[scope][zh]


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
