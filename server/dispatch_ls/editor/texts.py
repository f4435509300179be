"""Text as LSP counts it: lines end with CRLF, LF or CR and nothing else, characters are UTF-16 units."""

import re
from difflib import SequenceMatcher

from dispatch_ls.editor.jsonrpc import Json, JsonObject

MAX_DIFFED_LINES = 4000
"""Changed regions longer than this are replaced in one piece: comparing them takes longer than it is worth."""

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)")


class Unreadable(Exception):
    """What the editor sent is no text, change or position; the text is for the log."""


def utf16_length(text: str) -> int:
    """How many UTF-16 units the text takes."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def lines_of(text: str) -> list[str]:
    """The lines with their ends; the last one has none and may be empty."""
    lines = _LINE.findall(text)
    lines.append(text[sum(map(len, lines)) :])
    return lines


def code_points(line: str, units: int) -> int:
    """How many characters of the line lie before that UTF-16 position; positions behind its end are its end."""
    content = line.rstrip("\r\n")
    if content.isascii():
        return min(units, len(content))
    seen = 0
    for index, character in enumerate(content):
        if seen >= units:
            return index
        seen += 2 if ord(character) > 0xFFFF else 1
    return len(content)


def changed(text: str, change: JsonObject) -> str:
    """The text after one `TextDocumentContentChangeEvent`; raises `Unreadable` for what is none."""
    new = change.get("text")
    place = change.get("range")
    if not isinstance(new, str):
        raise Unreadable("a change without text")
    if place is None:
        return new
    if not isinstance(place, dict):
        raise Unreadable("a change whose range is no object")
    lines = lines_of(text)
    start, end = _offset(lines, place.get("start")), _offset(lines, place.get("end"))
    return text[:start] + new + text[max(start, end) :]


def _offset(lines: list[str], position: Json) -> int:
    if not isinstance(position, dict):
        raise Unreadable("a position that is no object")
    line, units = position.get("line"), position.get("character")
    if not isinstance(line, int) or not isinstance(units, int) or line < 0 or units < 0:
        raise Unreadable("a position without line and character")
    if line >= len(lines):
        return sum(map(len, lines))
    return sum(map(len, lines[:line])) + code_points(lines[line], units)


def edits(before: str, after: str) -> list[Json]:
    """The LSP edits, of whole lines and as few as can be, that make one text of the other."""
    old, new = lines_of(before), lines_of(after)
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    old_middle, new_middle = old[head : len(old) - tail], new[head : len(new) - tail]
    if not old_middle and not new_middle:
        return []
    if len(old_middle) + len(new_middle) > MAX_DIFFED_LINES:
        blocks = [(0, len(old_middle), 0, len(new_middle))]
    else:
        matcher = SequenceMatcher(None, old_middle, new_middle, autojunk=False)
        blocks = [block[1:] for block in matcher.get_opcodes() if block[0] != "equal"]
    return [_edit(old, head + a, head + b, "".join(new_middle[c:d])) for a, b, c, d in blocks]


def _common(left: list[str], right: list[str]) -> int:
    count = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        count += 1
    return count


def _edit(lines: list[str], first: int, end: int, text: str) -> Json:
    return {"range": {"start": _position(lines, first), "end": _position(lines, end)}, "newText": text}


def _position(lines: list[str], index: int) -> Json:
    if index < len(lines):
        return {"line": index, "character": 0}
    return {"line": len(lines) - 1, "character": utf16_length(lines[-1])}
