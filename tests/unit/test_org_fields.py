"""Fields of a company's own from values alone (SPEC B3, B9)."""

import pytest
from msgspec.structs import replace

from protocol.errors import YizhanError
from server.companies.errors import NameInvalid
from server.org.errors import DayInvalid, FieldKindUnknown, FieldNameTaken, FieldNotFound, FieldsLimit, FieldValueInvalid
from server.org.field_rules import MOST_FIELDS, checked, define, find
from storage.fields import Field

SHIRT = Field(1, "Shirt size", "choice", ("S", "M", "L"))
BADGE = Field(2, "Badge", is_required=True)
FLOOR, SINCE = Field(3, "Floor", "number"), Field(4, "Since", "date")


def test_a_field_is_defined_and_changed_but_for_its_kind() -> None:
    assert define([], replace(SHIRT, name=" Shirt size ", choices=("S", "M", "L", " M "))) == SHIRT
    assert define([SHIRT, BADGE], replace(SHIRT, name="Size", choices=("S",))).choices == ("S",)
    assert find([SHIRT, BADGE], 2) == BADGE
    with pytest.raises(FieldNotFound):
        find([SHIRT], 2)


@pytest.mark.parametrize(
    ("field", "refusal"),
    [
        (Field(9, "SHIRT SIZE"), FieldNameTaken),
        (Field(9, " "), NameInvalid),
        (Field(9, "Hat", "colour"), FieldKindUnknown),
        (replace(SHIRT, kind="text", choices=()), FieldKindUnknown),
        (Field(9, "Hat", "choice"), FieldValueInvalid),
        (Field(9, "Hat", "text", ("S",)), FieldValueInvalid),
        (Field(9, "Hat", "choice", tuple(map(str, range(101)))), FieldValueInvalid),
    ],
)
def test_a_field_that_cannot_be_is_refused(field: Field, refusal: type[YizhanError]) -> None:
    with pytest.raises(refusal):
        define([SHIRT, BADGE], field)


def test_a_company_has_twenty_fields_at_most() -> None:
    there = [Field(nth, f"Field {nth}") for nth in range(MOST_FIELDS)]
    with pytest.raises(FieldsLimit):
        define(there, Field(99, "One more"))
    assert define(there, replace(there[3], name="Another name")).name == "Another name"


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        (SHIRT, " M ", "M"),
        (SHIRT, "", ""),
        (BADGE, "0012", "0012"),
        (FLOOR, "-3", "-3"),
        (FLOOR, "2.5", "2.5"),
        (SINCE, "2026-09-30", "2026-09-30"),
    ],
)
def test_a_value_is_of_its_fields_kind(field: Field, value: str, kept: str) -> None:
    assert checked(field, value) == kept


@pytest.mark.parametrize(
    ("field", "value", "refusal"),
    [
        (SHIRT, "XXL", FieldValueInvalid),
        (BADGE, "", NameInvalid),
        (FLOOR, "1e3", FieldValueInvalid),
        (FLOOR, "2.", FieldValueInvalid),
        (FLOOR, "\uff12", FieldValueInvalid),
        (SINCE, "30.9.2026", DayInvalid),
        (BADGE, "x" * 201, NameInvalid),
    ],
)
def test_other_values_are_refused(field: Field, value: str, refusal: type[YizhanError]) -> None:
    with pytest.raises(refusal):
        checked(field, value)
