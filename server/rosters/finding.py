"""Whom a row means: by account number, else employee number, else phone, else mail; two hits are an error (SPEC B7). Pure."""

import re
from collections.abc import Iterable, Mapping

from server.accounts.names import phone
from server.rosters.cells import half, tidy
from server.rosters.errors import TwoHits
from server.rosters.picture import Card

_SEPARATORS = re.compile(r"[\s()./-]")
KEYS = ("number", "employee_no", "phone", "mail")


def key_of(key: str, value: str) -> str:
    """Equal for values by which the same person is meant, whoever stored or typed them: cards may be older than today's rules."""
    plain = half(tidy(value)).lstrip("'").strip().casefold()
    match key:
        case "phone":
            return phone(plain) or _SEPARATORS.sub("", plain)
        case "mail" | "number":
            return plain.replace(" ", "")
    return plain


class Finding:
    """Members by what tells them apart."""

    def __init__(self, cards: Iterable[Card]) -> None:
        self._found: dict[str, dict[str, list[Card]]] = {key: {} for key in KEYS}
        for card in cards:
            for key in KEYS:
                if value := getattr(card.record, key):
                    self._found[key].setdefault(key_of(key, value), []).append(card)

    def find(self, values: Mapping[str, str], heads: Mapping[str, str]) -> tuple[str, Card] | None:
        """By which key, and whom; ``heads`` are the columns' names. Raises: TwoHits."""
        for key in KEYS:
            value = values.get(key, "")
            there = self._found[key].get(key_of(key, value), ()) if value else ()
            if len(there) > 1:
                raise TwoHits(heads[key], value)
            if there:
                return key, there[0]
        return None

    def holders(self, key: str, value: str) -> list[Card]:
        return self._found[key].get(key_of(key, value), [])
