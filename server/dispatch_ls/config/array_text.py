"""The text of a TOML array of strings with one more: layout, comments and a comma at the end stay."""

import re

_TOKEN = re.compile(
    r"""(?s)(?P<string>"{3}(?:\\.|[^\\])*?"{3,5}|'{3}.*?'{3,5}|"(?:\\.|[^"\\])*"|'[^']*')"""
    r"""|(?P<comment>\#[^\n]*)|(?P<comma>,)|.""",
)


def with_string(array: str, string: str) -> str:
    """`array` is the text from bracket to bracket, `string` a TOML string."""
    last, comma = _last_string_and_comma(array)
    if last is None:
        return f"{array[:-1]}{_line_of_comment(array)}{string}{_end(array)}]"
    start, end = last
    line = array.rfind("\n", 0, start)
    indent = array[line + 1 : start]
    if line < 0 or indent.strip():
        return _on_the_same_line(array, string, end, comma)
    behind = comma if comma is not None else end
    line_end = array.find("\n", behind)
    rest = line_end if line_end >= 0 else len(array) - 1
    newline = "\r\n" if array[rest - 1] == "\r" else "\n"
    rest -= newline == "\r\n"
    head = array[:end] + ("" if comma is not None else ",") + array[end:rest]
    return f"{head}{newline}{indent}{string}{',' if comma is not None else ''}{array[rest:]}"


def _on_the_same_line(array: str, string: str, end: int, comma: int | None) -> str:
    if comma is None:
        return f"{array[:end]}, {string}{array[end:]}"
    return f"{array[:comma]} {string},{array[comma:]}"


def _last_string_and_comma(array: str) -> tuple[tuple[int, int] | None, int | None]:
    """Where the last string is, and the offset behind the comma that follows it."""
    last: tuple[int, int] | None = None
    comma: int | None = None
    for match in _TOKEN.finditer(array):
        if match["string"]:
            last, comma = match.span(), None
        elif match["comma"]:
            comma = match.end()
    return last, comma


def _line_of_comment(array: str) -> str:
    """A new line where a comment would swallow the string."""
    last_line = array[:-1].rpartition("\n")[2]
    return "\n" if "#" in last_line else ""


def _end(array: str) -> str:
    return "\n" if "\n" in array else ""
