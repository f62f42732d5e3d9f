"""Shapes of errors that many subjects have: something about one name, one unit, one limit. Codes and texts are the subjects' own."""

from protocol.errors import YizhanError


class OfName(YizhanError):
    def __init__(self, name: str) -> None:
        super().__init__(name=name)


class OfUnit(YizhanError):
    """``unit``: its name."""

    def __init__(self, unit: str) -> None:
        super().__init__(unit=unit)


class OfLimit(YizhanError):
    def __init__(self, limit: int) -> None:
        super().__init__(limit=limit)
