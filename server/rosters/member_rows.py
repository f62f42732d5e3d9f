"""The rows of members: whom each means, what it adds or changes, and what is wrong with it (SPEC B7). Pure.

A cell that says what an export of today would say is never judged: what is stored already may be older than the rules.
"""

from collections.abc import Mapping, Sequence

import msgspec

from protocol.errors import YizhanError
from server.companies import rules as company_rules
from server.companies.errors import NumberNotInSegment, NumberTaken
from server.org import card_values, cards, days, field_rules, placing
from server.org.errors import DayPast, PhoneOrMailNeeded
from server.org.rules import same_name
from server.rosters import cells
from server.rosters.columns import BY_KEY, EXAMPLE_NAME, HEADS, NOT_SHOWN, Column, own, own_key
from server.rosters.errors import (
    AlreadyThere,
    CellInvalid,
    CellMissing,
    ChoiceUnknown,
    FileTooLarge,
    MemberProtected,
    NumberNotShown,
    NumberStays,
    RowTwice,
)
from server.rosters.finding import Finding
from server.rosters.naming import Naming
from server.rosters.picture import Card, Picture, Seen
from server.rosters.plan import MOST_MEMBERS, Addition, Change, Plan, Problem, Wish
from server.rosters.reading import Grid
from server.rosters.row_values import canonical, heading, stored
from server.rosters.shown import shown
from server.rosters.unit_rows import UnitRows
from storage.units import NO_HEAD, Place

COLUMNS = BY_KEY["members"]
CARD = ("name", "employee_no", "job_title", "phone", "mail", "gender", "nickname", "office_phone", "pinyin", "last_day", "is_hidden")
FIELDS = (*CARD, "description")


class MemberRows:
    """Reads the sheet of members into a plan. ``hit``: whom a row means, also one that is refused. ``unnamed``: the names in rows
    that are passed over, for the number was not shown to whoever exported them: a phone that two share must not tell whom they mean.
    """

    def __init__(self, plan: Plan, picture: Picture, seen: Seen, naming: Naming, unit_rows: UnitRows, wish: Wish, now: int) -> None:
        self._plan = plan
        self._picture = picture
        self._seen = seen
        self._naming = naming
        self._unit_rows = unit_rows
        self._wish = wish
        self._now = now
        self._columns = {**COLUMNS, **{column.key: column for column in own(picture.fields)}}
        self._own = {own_key(field.id): field for field in picture.fields}
        self._fields = (*FIELDS, *self._own)
        self._heads = {key: column.head(wish.language) for key, column in self._columns.items()}
        self._finding = Finding(seen.cards)
        self._numbers: dict[str, int] = {}
        self._unshown: set[int] = set()
        self.unnamed: set[str] = set()
        self.hit: dict[int, int] = {}
        self.found_by: dict[int, str] = {}

    def read(self, grid: Grid) -> None:
        """Raises: FileTooLarge."""
        filled = [row for row in grid.filled() if grid.cell(row, "name") != EXAMPLE_NAME]
        if len(filled) > MOST_MEMBERS:
            raise FileTooLarge("members", MOST_MEMBERS)
        for row in filled:
            self._row(row, self._texts(grid, row))

    def _texts(self, grid: Grid, row: int) -> dict[str, str]:
        """The texts of the cells that can be read. What was not shown to whoever exported it is as it is: as if it were left out."""
        found = {}
        for key in grid.columns:
            try:
                text = cells.written(grid.cell(row, key))
            except YizhanError as error:
                self._refuse(error, row, key)
                continue
            if text not in NOT_SHOWN.values():
                found[key] = text
            elif key == "number":
                self._unshown.add(row)
        return found

    def _row(self, row: int, texts: Mapping[str, str]) -> None:
        if row in self._unshown:
            self.unnamed.add(same_name(texts.get("name", "")))
            self._plan.warnings.append(Problem.of(NumberNotShown(), "members", row, "number"))
            return
        values, wrong = self._values(texts)
        try:
            found = self._finding.find({key: values.get(key, texts.get(key, "")) for key in self._heads}, self._heads)
        except YizhanError as error:
            self._refuse(error, row)
            return
        self._with_pinyin(values, wrong, values.get("name") or ("" if found is None else found[1].record.name))
        if found is None:
            for wrong_key, why in wrong.items():
                self._refuse(why, row, wrong_key)
            self._add(row, texts, values, wrong)
            return
        key, card = found
        self.found_by[row] = key
        if card.record.id in self.hit:
            self._refuse(RowTwice(self.hit[card.record.id] + 1), row)
            return
        self.hit[card.record.id] = row
        if self._wish.mode == "add":
            self._refuse(AlreadyThere(card.record.name), row, key)
        else:
            self._change(row, texts, values, wrong, card)

    def _values(self, texts: Mapping[str, str]) -> tuple[dict[str, str], dict[str, YizhanError]]:
        """What the cells mean, and why some mean nothing."""
        values: dict[str, str] = {}
        wrong: dict[str, YizhanError] = {}
        for key, text in texts.items():
            if key == "number" or key in self._fields:
                try:
                    values[key] = self._checked(self._columns[key], cells.read(self._columns[key], text, self._wish.language))
                except YizhanError as error:
                    wrong[key] = error
        return values, wrong

    def _checked(self, column: Column, value: str) -> str:
        """Raises: as ``card_values.checked`` and ``field_rules.checked``, NumberInvalid."""
        head = self._heads[column.key]
        if column.key in self._own:
            return field_rules.checked(self._own[column.key], value) if value else ""
        if column.key == "number":
            if value:
                company_rules.check_number(value)
        elif column.key in cards.CHECKED and value:
            return card_values.checked(column.key, value, head)
        return value

    def _with_pinyin(self, values: dict[str, str], wrong: dict[str, YizhanError], name: str) -> None:
        """Of somebody of this name."""
        if values.get("pinyin"):
            try:
                values["pinyin"] = card_values.pinyin(name, values["pinyin"])
            except YizhanError as error:
                wrong["pinyin"] = error

    # ---- newcomers

    def _add(self, row: int, texts: Mapping[str, str], values: Mapping[str, str], wrong: Mapping[str, YizhanError]) -> None:
        before = len(self._plan.problems)
        for key in ("name", "units", *(key for key, field in self._own.items() if field.is_required and key in texts)):
            if not texts.get(key) and key not in wrong:
                self._refuse(CellMissing(self._heads[key]), row, key, missing=True)
        self._check_reachable(row, values.get("phone", ""), values.get("mail", ""), wrong)
        self._check_day(row, "", values.get("last_day", ""))
        self._check_number(row, values.get("number", ""))
        places = self._places(row, texts, ())
        if len(self._plan.problems) == before and not wrong and places:
            fields = {key: values[key] for key in self._fields if values.get(key)}
            self._plan.additions.append(Addition(row, values.get("number", ""), fields, places))

    def _check_number(self, row: int, number: str) -> None:
        if not number:
            return
        if number in self._numbers:
            self._refuse(RowTwice(self._numbers[number] + 1), row, "number")
        self._numbers[number] = row
        if self._picture.segments and not company_rules.owner(self._picture.segments, int(number)):
            self._refuse(NumberNotInSegment(number), row, "number")
        elif number in self._picture.taken:
            self._refuse(NumberTaken(number), row, "number")

    def _check_reachable(self, row: int, phone: str, mail: str, wrong: Mapping[str, YizhanError]) -> None:
        if self._picture.needs_phone_or_mail and not (phone or mail) and not {"phone", "mail"} & set(wrong):
            self._refuse(PhoneOrMailNeeded(), row, "phone", missing=True)

    def _check_day(self, row: int, before: str, after: str) -> None:
        if after and after != before and days.is_over(after, self._now, self._picture.time_zone):
            self._refuse(DayPast(after), row, "last_day")

    # ---- who is there

    def _change(self, row: int, texts: Mapping[str, str], values: Mapping[str, str], wrong: Mapping[str, YizhanError], card: Card) -> None:
        before = len(self._plan.problems)
        record = card.record
        fields: dict[str, tuple[str, str]] = {}
        if texts.get("number") and values.get("number") != record.number and texts["number"] != cells.tidy(record.number):
            self._refuse(wrong.get("number") or NumberStays(self._seen.number(card)), row, "number")
        for key in self._fields:
            if key in texts and self._differs(row, key, texts[key], values, wrong, card):
                fields[key] = (stored(card, key), values[key])
        says_pinyin = bool(texts.get("pinyin")) and "pinyin" not in wrong
        if "name" in fields and not says_pinyin and (left := card_values.pinyin_after(*fields["name"], record.pinyin)) != record.pinyin:
            fields["pinyin"] = (record.pinyin, left)
        if {"phone", "mail"} & set(fields):
            after = {key: fields[key][1] if key in fields else getattr(record, key) for key in ("phone", "mail")}
            self._check_reachable(row, after["phone"], after["mail"], {})
        if "last_day" in fields:
            self._check_day(row, *fields["last_day"])
        places = self._moved(row, texts, card)
        if len(self._plan.problems) > before or not (fields or places):
            return
        if self._seen.is_protected(card):
            self._refuse(MemberProtected(record.name), row)
            return
        unread = frozenset(key for key in fields if not self._seen.reads(card, key))
        self._plan.changes.append(Change(row, record.id, self._seen.number(card), record.name, fields, card.places, places, unread))

    def _differs(self, row: int, key: str, text: str, values: Mapping[str, str], wrong: Mapping[str, YizhanError], card: Card) -> bool:
        """Whether this cell changes its field; what is wrong with it is said only then."""
        now = stored(card, key)
        if text == cells.tidy(shown(card, key, self._wish.language)) or text == cells.tidy(now):
            return False
        if key in wrong:
            self._refuse(wrong[key], row, key)
            return False
        if not text:
            if self._wish.mode != "overwrite" or not now:
                return False
            if key == "name" or (key in self._own and self._own[key].is_required):
                self._refuse(CellMissing(self._heads[key]), row, key, missing=True)
                return False
            return True
        return values[key] != now and values[key] != canonical(self._columns[key], now)

    def _moved(self, row: int, texts: Mapping[str, str], card: Card) -> tuple[Place, ...] | None:
        """His places from now on, those out of reach as they are; None where they stay."""
        mine = self._seen.places(card)
        if "units" in texts and not texts["units"] and mine and self._wish.mode == "overwrite":
            self._refuse(CellMissing(self._heads["units"]), row, "units", missing=True)
            return None
        if not texts.get("units") and not (mine and (texts.get("sort") or texts.get("head"))):
            return None
        wanted = self._places(row, texts, mine)
        if wanted is None:
            return None
        others = tuple(place for place in card.places if not self._seen.has_unit(place.unit))
        first_is_other = bool(card.places) and not self._seen.has_unit(card.places[0].unit)
        after = (*others[:1], *wanted, *others[1:]) if first_is_other else (*wanted, *others)
        same = after[:1] == card.places[:1] and set(after) == set(card.places)
        return None if same else after

    # ---- units

    def _places(self, row: int, texts: Mapping[str, str], before: Sequence[Place]) -> tuple[Place, ...] | None:
        """As the cells of units and order say; None where they are wrong."""
        units = self._units(row, texts.get("units", ""), before)
        order = self._order(row, texts.get("sort", ""))
        heads = self._headed(row, texts.get("head", ""))
        if units is None or order is None or heads is None:
            return None
        places = placing.put(before, units)
        if self._says("sort", texts):
            padded = [*order, *[0] * len(places)]
            places = tuple(msgspec.structs.replace(place, sort=sort) for place, sort in zip(places, padded, strict=False))
        if self._says("head", texts):
            words = [*heads, *[NO_HEAD] * len(places)]
            places = tuple(heading(place, head) for place, head in zip(places, words, strict=False))
        return places

    def _says(self, key: str, texts: Mapping[str, str]) -> bool:
        """Whether an empty cell of it means nothing, or leaves what is."""
        return key in texts and bool(texts[key] or self._wish.mode == "overwrite")

    def _headed(self, row: int, text: str) -> list[str] | None:
        found = cells.heads(text)
        if found is None:
            words = ", ".join(COLUMNS["head"].shown(head, self._wish.language) for head, *_ in HEADS)
            self._refuse(ChoiceUnknown(text, words), row, "head")
        return found

    def _units(self, row: int, text: str, before: Sequence[Place]) -> list[int] | None:
        if not text:
            return [place.unit for place in before] or None
        found = []
        for path in self._naming.several(text):
            try:
                found.append(self._unit(path))
            except YizhanError as error:
                self._refuse(error, row, "units")
                return None
        return found or None

    def _unit(self, path: str) -> int:
        try:
            return self._naming.find(path)
        except YizhanError:
            if not self._wish.make_units:
                raise
        return self._unit_rows.make(path)

    def _order(self, row: int, text: str) -> list[int] | None:
        found = cells.sorts(text)
        if found is None:
            self._refuse(CellInvalid(self._heads["sort"], text), row, "sort")
        return found

    def _refuse(self, error: YizhanError, row: int, column: str = "", *, missing: bool = False) -> None:
        self._plan.problems.append(Problem.of(error, "members", row, column, missing=missing))
