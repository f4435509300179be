r"""Places in a text: LSP counts UTF-16 units (or bytes) from 0; people and models count code points from 1.

A line ends at `\n`, `\r\n` or `\r` and nowhere else, whatever Unicode says about form feeds and the like.
"""

import os
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

_LINE_END = re.compile(r"\r\n|\n|\r")


def lines_of(text: str) -> list[str]:
    """The lines without their ends; a text that ends with a line end has an empty last line."""
    return _LINE_END.split(text)


def code_points(line: str, character: int, encoding: str = "utf-16") -> int:
    """How many code points lie before `character`; never more than the line has."""
    if line.isascii():
        return min(character, len(line))
    used = 0
    for count, letter in enumerate(line):
        if used >= character:
            return count
        used += _width(letter, encoding)
    return len(line)


def _width(letter: str, encoding: str) -> int:
    if encoding == "utf-8":
        return len(letter.encode("utf-8", "surrogatepass"))
    return 1 if encoding == "utf-32" or ord(letter) < 0x10000 else 2


def path_of(uri: str) -> Path | None:
    """The real path that a `file:` URI names, in whatever form it is written; None for other schemes."""
    parts = urlsplit(uri)
    if parts.scheme != "file":
        return None
    path = unquote(parts.path)
    if re.match(r"/[A-Za-z]:", path):
        path = path[1:]
    return real(Path(path))


def real(path: Path) -> Path:
    """The path without symlinks: the one name under which a file is kept here."""
    return Path(os.path.realpath(path))
