"""What fields of a company's own may be, what their values may be, and which fields have a privacy rule (SPEC B3, B9). Pure."""

from collections.abc import Sequence

from msgspec.structs import replace

from server.companies import rules
from server.org import days
from server.org.errors import FieldKindUnknown, FieldNameTaken, FieldNotFound, FieldsLimit, FieldValueInvalid
from server.org.rules import check_sort, same_name
from storage.fields import Field

KINDS = frozenset(("text", "number", "date", "choice"))
SHOWN = ("shown", "own_unit", "hidden")
# what there can be a privacy rule for (SPEC B9, G6); the name is always shown: a member without a name could not be spoken of
PRIVATE_FIELDS = (
    *("number", "nickname", "gender", "job_title", "phone", "mail", "office_phone", "employee_no", "star_sign"),
    *("signature", "description", "avatar", "tags", "last_seen"),
)
MOST_FIELDS = 20
MOST_CHOICES = 100
VALUE_CHARACTERS = 200


def define(there: Sequence[Field], field: Field) -> Field:
    """A new field, or one of ``there`` (of the same id) as it is to be. Its kind never changes once it is there.

    Raises: SortInvalid, FieldsLimit, NameInvalid, FieldNameTaken, FieldKindUnknown, FieldValueInvalid (a choice without choices).
    """
    check_sort(field.sort)
    others = [one for one in there if one.id != field.id]
    if len(others) >= MOST_FIELDS:
        raise FieldsLimit(MOST_FIELDS)
    name = rules.name("name", field.name)
    if any(same_name(one.name) == same_name(name) for one in others):
        raise FieldNameTaken(name)
    before = next((one for one in there if one.id == field.id), field)
    if field.kind not in KINDS or field.kind != before.kind:
        raise FieldKindUnknown(field.kind)
    choices = tuple(dict.fromkeys(rules.name("choice", one) for one in field.choices))
    if (field.kind == "choice") != bool(choices) or len(choices) > MOST_CHOICES:
        raise FieldValueInvalid(name, "")
    return replace(field, name=name, choices=choices)


def checked(field: Field, value: str) -> str:
    """A value as it is kept; empty for none. Raises: NameInvalid, FieldValueInvalid, DayInvalid."""
    text = rules.name(field.name, value, may_be_empty=not field.is_required, most=VALUE_CHARACTERS)
    if not text:
        return ""
    if field.kind == "date":
        days.parse(text)
    elif (field.kind == "number" and not _is_number(text)) or (field.kind == "choice" and text not in field.choices):
        raise FieldValueInvalid(field.name, text)
    return text


def _is_number(text: str) -> bool:
    whole, _, part = text.removeprefix("-").partition(".")
    return whole.isascii() and whole.isdigit() and (not part or (part.isascii() and part.isdigit())) and not text.endswith(".")


def find(there: Sequence[Field], field: int) -> Field:
    """Raises: FieldNotFound."""
    found = next((one for one in there if one.id == field), None)
    if found is None:
        raise FieldNotFound
    return found
