"""Whom a row means: by account number, else employee number, else phone, else mail; two hits are an error (SPEC B7). Pure."""

from collections.abc import Iterable, Mapping

from server.accounts.names import fold, phone
from server.rosters.errors import TwoHits
from server.rosters.picture import Card

KEYS = ("number", "employee_no", "phone", "mail")


def key_of(key: str, value: str) -> str:
    """Equal for values by which the same person is meant."""
    if key == "phone":
        return phone(value) or fold(value)
    return fold(value) if key == "mail" else value.strip().casefold()


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
