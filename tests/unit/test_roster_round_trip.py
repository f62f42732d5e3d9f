"""What is exported and imported again unchanged changes nothing, whatever people are called (SPEC B7)."""

from collections.abc import Mapping, Sequence
from itertools import count

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.org.organisation import Tree
from server.rosters import planning, reading, writing
from server.rosters.columns import MEMBERS, OWN, own
from server.rosters.picture import Card, Picture, Reach
from server.rosters.plan import Mode, Plan, Wish
from storage.fields import Field
from storage.people import Record
from storage.units import Place, Unit

NOW = 1_764_000_000_000
BLANK = Record(
    *(1, 1, 2, "person", "active", "", "10001", None, "A", "", "", "", "", "", "", "", "", "", "", "", False, False, "", False, None),
)
LINE = st.text(st.characters(exclude_categories=["C", "Zl", "Zp", "Zs"], include_characters=" "), max_size=30).map(str.strip)
NASTY = st.sampled_from(
    [
        "=1+1",
        "+8613800138000",
        "-3",
        "@sum(a1)",
        "'=1",
        "''x",
        "00017",
        "1e5",
        "1.38E+10",
        "_x0041_",
        "a;b",
        "a/b\\",
        "a\uff1bb\uff0fc",
        "张三",
    ]
)
TEXT = LINE | NASTY
NAME = TEXT.filter(bool)


@st.composite
def pictures(draw: st.DrawFn) -> Picture:
    """A company whose units and members are called anything."""
    tree = Tree([Unit(1, None, draw(NAME), "root")])
    for id in range(2, 2 + draw(st.integers(0, 5))):
        parent = draw(st.integers(1, id - 1))
        name = draw(NAME)
        if name.casefold() not in {tree[child].name.casefold() for child in tree.children(parent)}:
            tree.put(Unit(id, parent, name, draw(st.sampled_from(["branch", "team"])), draw(TEXT), draw(TEXT), sort=id))
    units = list(tree.below(1))
    names = draw(st.lists(st.sampled_from(["Locker", "备注", "Name", "a;b", "=1", "手机"]), unique=True, max_size=3))
    fields = tuple(Field(900 + nth, name, draw(st.sampled_from(["text", "number", "date"]))) for nth, name in enumerate(names))
    cards = []
    for nth in range(draw(st.integers(0, 6))):
        there = draw(st.lists(st.sampled_from(units), unique=True, max_size=3))
        texts = {name: draw(TEXT) for name in ("nickname", "gender", "job_title", "phone", "mail", "employee_no", "office_phone", "pinyin")}
        record = msgspec.structs.replace(
            BLANK,
            **texts,
            id=100 + nth,
            number=str(10001 + nth),
            name=draw(NAME),
            description=draw(TEXT),
            state=draw(st.sampled_from(["active", "disabled", "draft"])),
            is_hidden=draw(st.booleans()),
            last_day=draw(st.sampled_from(["", "2020-01-31", "2030-01-31"])),
        )
        places = tuple(Place(unit, draw(st.sampled_from(["", "first", "other"])), draw(st.integers(0, 99))) for unit in there)
        own = {field.id: draw(TEXT) for field in fields if draw(st.booleans())}
        cards.append(Card(record, places, {field: value for field, value in own.items() if value}))
    return Picture(1, tree, cards, fields=fields)


def again(picture: Picture, *, mode: Mode, kind: str, language: str, reach: Reach | None = None, by: Picture | None = None) -> Plan:
    """``by``: the company as who imports it sees it, if it is somebody else."""
    whose = reach or Reach()
    book = reading.with_fields(reading.read(writing.exported(picture, whose, language=language, kind=kind)), own(picture.fields))
    ids = count(1 << 40)
    return planning.make(book, by or picture, Wish(mode=mode), whose, now=NOW, draw=lambda: next(ids))


def told(plan: Plan) -> Sequence[object]:
    return [*plan.problems, *plan.changes, *plan.additions, *plan.leavers, *plan.units, *plan.changed_units]


@pytest.mark.parametrize("mode", ["update", "overwrite"])
@pytest.mark.parametrize("kind", ["xlsx", "csv"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_export_imported_again_unchanged_changes_nothing(mode: Mode, kind: str, language: str) -> None:
    @settings(max_examples=25, deadline=None)
    @given(pictures())
    def holds(picture: Picture) -> None:
        assert told(again(picture, mode=mode, kind=kind, language=language)) == []

    holds()


KEYS = [column.key for column in MEMBERS if column.kind not in ("units", "sorts", "heads", "told") and column.key != "name"]


@st.composite
def unread(draw: st.DrawFn) -> Picture:
    """A company of which whoever exports may not read everything."""
    picture = draw(pictures())
    keys = [*KEYS, *(column.key for column in own(picture.fields))]
    some = {card.record.id: frozenset(draw(st.lists(st.sampled_from(keys), max_size=6))) for card in picture.cards}
    return msgspec.structs.replace(picture, unread=some)


@pytest.mark.parametrize("mode", ["update", "overwrite"])
@pytest.mark.parametrize("kind", ["xlsx", "csv"])
@pytest.mark.parametrize("by", ["oneself", "who reads everything"])
def test_nor_does_one_whose_cells_are_not_all_shown_whoever_imports_it(mode: Mode, kind: str, by: str) -> None:
    @settings(max_examples=25, deadline=None)
    @given(unread(), st.sampled_from(["zh", "en"]))
    def holds(picture: Picture, language: str) -> None:
        whole = msgspec.structs.replace(picture, unread={})
        assert told(again(picture, mode=mode, kind=kind, language=language, by=whole if by != "oneself" else picture)) == []

    holds()


@settings(max_examples=50, deadline=None)
@given(unread(), st.data())
def test_what_is_not_shown_changes_no_byte_of_an_export(picture: Picture, data: st.DataObject) -> None:
    others = [card_with(card, {key: data.draw(TEXT) for key in sorted(picture.unread[card.record.id])}) for card in picture.cards]
    other = msgspec.structs.replace(picture, cards=others)
    assert writing.exported(other, Reach(), language="en", kind="csv") == writing.exported(picture, Reach(), language="en", kind="csv")


def card_with(card: Card, values: Mapping[str, str]) -> Card:
    """With other values of what is not shown."""
    ours = {key: value for key, value in values.items() if not key.startswith(OWN)}
    hidden = {"is_hidden": bool(ours.pop("is_hidden"))} if "is_hidden" in ours else {}
    more = {int(key.removeprefix(OWN)): value for key, value in values.items() if key.startswith(OWN)}
    return Card(msgspec.structs.replace(card.record, **ours, **hidden), card.places, {**card.own, **more})


@settings(max_examples=25, deadline=None)
@given(pictures(), st.integers(1, 7))
def test_nor_does_the_export_of_somebody_who_reaches_a_part_of_the_company(picture: Picture, top: int) -> None:
    assert told(again(picture, mode="overwrite", kind="xlsx", language="zh", reach=Reach((top,), member=100))) == []


@settings(max_examples=25, deadline=None)
@given(pictures())
def test_no_cell_of_an_export_is_a_formula_or_a_number(picture: Picture) -> None:
    book = reading.read(writing.exported(picture, Reach(), language="zh", kind="xlsx"))
    for grid in (book.members, book.units):
        assert grid is not None
        assert {type(cell) for row in grid.rows for cell in row} <= {str}
