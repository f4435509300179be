"""Replacing a text that a model quotes in a file whose line ends the model does not see."""

import re
from bisect import bisect_right

from dispatch_ls.protocol.errors import ToolFailed
from dispatch_ls.tools.closest import closest

_END = re.compile(r"\r?\n")
_SHOWN = 8


def replace(text: str, old: str, new: str, *, everywhere: bool, name: str) -> tuple[str, int]:
    """The text with `old` replaced and how often; the file's own line ends stay. Raises `ToolFailed`."""
    old, new = old.removeprefix("\ufeff"), new.removeprefix("\ufeff")
    if not old:
        raise ToolFailed("old_text is empty; quote what is to be replaced, or use write_file for a whole file.")
    if old == new:
        raise ToolFailed("old_text and new_text are the same; nothing to do.")
    matches = list(_pattern(old, text).finditer(text))
    if not matches:
        raise ToolFailed(f"old_text is not in {name}.{closest(text, old)}")
    if len(matches) > 1 and not everywhere:
        raise ToolFailed(
            f"old_text is in {name} {len(matches)} times, at lines {_numbers(text, matches)}; "
            "quote more around the one you mean, or set all=true."
        )
    return _splice(text, matches, new), len(matches)


def _pattern(old: str, text: str) -> re.Pattern[str]:
    """A quoted line end stands for whichever the file has; without CRLF in the file the quote is taken literally."""
    if "\r\n" not in text:
        return re.compile(re.escape(old))
    return re.compile(r"\r?\n".join(re.escape(line) for line in _END.split(old)))


def _splice(text: str, matches: list[re.Match[str]], new: str) -> str:
    pieces, at = [], 0
    for match in matches:
        pieces += [text[at : match.start()], _with_ends_of(text, match[0], new)]
        at = match.end()
    return "".join([*pieces, text[at:]])


def _with_ends_of(text: str, matched: str, new: str) -> str:
    """The new text with the file's line ends; lines that were there at its beginning and end keep their own."""
    if "\r\n" not in text:
        return new
    lines, ends = _END.split(new), _END.findall(matched)
    wanted = len(lines) - 1
    most = "\r\n" if text.count("\r\n") * 2 >= text.count("\n") else "\n"
    kept = min(_common(_END.split(matched), lines), len(ends), wanted)
    after = min(len(ends), wanted) - kept
    chosen = ends[:kept] + [most] * (wanted - kept - after) + ends[len(ends) - after :]
    return "".join(line + end for line, end in zip(lines, [*chosen, ""], strict=True))


def _common(one: list[str], other: list[str]) -> int:
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count


def _numbers(text: str, matches: list[re.Match[str]]) -> str:
    breaks = [found.start() for found in re.finditer("\n", text)]
    numbers = [str(bisect_right(breaks, match.start() - 1) + 1) for match in matches[:_SHOWN]]
    return ", ".join(numbers) + (", …" if len(matches) > _SHOWN else "")
