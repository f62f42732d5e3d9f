"""What stands on a terminal after a program wrote to it: rows of runs of text in one style. Pure; knows what our commands write."""

import re
from itertools import groupby
from typing import NamedTuple

from rich.cells import cell_len

PART = re.compile(r"\x1b\[([?0-9;]*)([A-Za-z])|([\r\n])|([^\x1b\r\n]+)")


class Style(NamedTuple):
    """``colour``: the number that SGR gives it, 0 is the terminal's own."""

    colour: int = 0
    bold: bool = False
    dim: bool = False


PLAIN = Style()


class Run(NamedTuple):
    """``at``: the column where it begins; ``wide``: each character is two columns."""

    at: int
    text: str
    style: Style
    wide: bool


class Screen:
    """A character of two columns stands in the first one, the second is empty."""

    def __init__(self) -> None:
        self._rows: list[list[tuple[str, Style]]] = [[]]
        self._row = self._column = 0
        self._style = PLAIN

    def write(self, text: str) -> None:
        for numbers, letter, control, words in PART.findall(text):
            if words:
                self._put(words)
            elif control == "\r":
                self._column = 0
            elif control == "\n":
                self._row, self._column = self._row + 1, 0
                self._rows += [[] for _ in range(self._row + 1 - len(self._rows))]
            else:
                self._told(letter, numbers)

    def _told(self, letter: str, numbers: str) -> None:
        if letter == "m":
            for number in map(int, (numbers or "0").split(";")):
                self._styled(number)
        elif letter == "A":
            self._row = max(0, self._row - int(numbers or 1))
        elif letter == "K":
            del self._rows[self._row][0 if numbers == "2" else self._column :]

    def _styled(self, number: int) -> None:
        if number == 0:
            self._style = PLAIN
        elif number == 1:
            self._style = self._style._replace(bold=True)
        elif number == 2:
            self._style = self._style._replace(dim=True)
        elif 30 <= number <= 37 or 90 <= number <= 97:
            self._style = self._style._replace(colour=number)

    def _put(self, words: str) -> None:
        row = self._rows[self._row]
        for letter in words:
            width = cell_len(letter)
            row += [(" ", PLAIN)] * (self._column + width - len(row))
            if not width:  # it belongs to the letter before
                row[self._column - 1] = row[self._column - 1][0] + letter, row[self._column - 1][1]
                continue
            row[self._column] = letter, self._style
            if width == 2:
                row[self._column + 1] = "", self._style
            self._column += width

    def rows(self) -> list[list[Run]]:
        """Down to the last one that has anything; runs of spaces are left out."""
        found = [self._runs(row) for row in self._rows]
        while found and not found[-1]:
            found.pop()
        return found

    @staticmethod
    def _runs(row: list[tuple[str, Style]]) -> list[Run]:
        cells = [(at, letter, style, cell_len(letter) == 2) for at, (letter, style) in enumerate(row) if letter]
        runs = []
        for (style, wide), some in groupby(cells, key=lambda cell: (cell[2], cell[3])):
            these = list(some)
            text = "".join(letter for _, letter, _, _ in these)
            if text.strip():
                runs.append(Run(these[0][0], text, style, wide))
        return runs
