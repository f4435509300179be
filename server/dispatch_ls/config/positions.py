"""Where in a TOML text each key and value is. The text has been parsed already: nothing is checked here."""

import re
import tomllib
from bisect import bisect_right
from dataclasses import dataclass

Field = tuple[str | int, ...]
"""A way into the tree: keys of tables, indexes of arrays."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_STRING = re.compile(
    r"""(?s)"{3}(?:\\.|[^\\])*?"{3,5}|'{3}.*?'{3,5}|"(?:\\.|[^"\\])*"|'[^']*'""",
)
_SCALAR = re.compile(r"[^,\]}#\n]+")


@dataclass(frozen=True)
class Positions:
    """Offsets of keys and values; lines and columns are 1-based, columns count characters."""

    keys: dict[Field, int]
    values: dict[Field, int]
    starts: list[int]

    def of_key(self, field: Field) -> tuple[int, int]:
        """Line and column of the field's name, else of the nearest thing around it."""
        return self._nearest(self.keys, field)

    def of_value(self, field: Field) -> tuple[int, int]:
        """Line and column of the field's value; of the name where it is a table with a header."""
        return self._nearest(self.values, field)

    def _nearest(self, offsets: dict[Field, int], field: Field) -> tuple[int, int]:
        for length in range(len(field), 0, -1):
            offset = offsets.get(field[:length], self.keys.get(field[:length]))
            if offset is not None:
                line = bisect_right(self.starts, offset)
                return line, offset - self.starts[line - 1] + 1
        return 1, 1


def positions(text: str) -> Positions:
    """Find everything in a valid TOML text."""
    scanner = _Scanner(text)
    scanner.scan()
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    return Positions(scanner.keys, scanner.values, starts)


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.keys: dict[Field, int] = {}
        self.values: dict[Field, int] = {}
        self._last: dict[Field, int] = {}  # array of tables → index of its last one

    def scan(self) -> None:
        table: Field = ()
        self._skip(_BLANK)
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip(_BLANK)

    def _header(self) -> Field:
        in_array = self.text.startswith("[[", self.at)
        self.at += 2 if in_array else 1
        table: Field = ()
        names = self._names()
        for number, (name, offset) in enumerate(names, start=1):
            table = (*table, name)
            self.keys.setdefault(table, offset)
            if in_array and number == len(names):
                self._last[table] = self._last.get(table, -1) + 1
            if table in self._last:
                table = (*table, self._last[table])
                self.keys.setdefault(table, offset)
        self.at += 2 if in_array else 1
        return table

    def _pair(self, table: Field) -> None:
        for name, offset in self._names():
            table = (*table, name)
            self.keys.setdefault(table, offset)
        self.at += 1  # the equals sign
        self._skip(_SPACE)
        self._value(table)

    def _names(self) -> list[tuple[str, int]]:
        names: list[tuple[str, int]] = []
        while True:
            self._skip(_SPACE)
            offset = self.at
            names.append((self._name(), offset))
            self._skip(_SPACE)
            if not self.text.startswith(".", self.at):
                return names
            self.at += 1

    def _name(self) -> str:
        start = self.at
        self._skip(_STRING if self.text[start] in "\"'" else _BARE)
        written = self.text[start : self.at]
        return next(iter(tomllib.loads(f"{written} = 0"))) if written[0] in "\"'" else written

    def _value(self, field: Field) -> None:
        self.values[field] = self.at
        match self.text[self.at]:
            case "[":
                self._array(field)
            case "{":
                self._inline(field)
            case '"' | "'":
                self._skip(_STRING)
            case _:
                self._skip(_SCALAR)

    def _array(self, field: Field) -> None:
        self.at += 1
        index = 0
        while self._more("]"):
            self.keys[*field, index] = self.at
            self._value((*field, index))
            index += 1
        self.at += 1

    def _inline(self, field: Field) -> None:
        self.at += 1
        while self._more("}"):
            self._pair(field)
        self.at += 1

    def _more(self, end: str) -> bool:
        self._skip(_BLANK)
        if self.text[self.at] == ",":
            self.at += 1
            self._skip(_BLANK)
        return self.text[self.at] != end

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.at)
        if match is not None:
            self.at = match.end()
