"""What in a file comes nearest to a text that is not in it, so that the model can quote it right the next time."""

import difflib
import re

_COMPARED = 20_000
"""Lines of the file that are looked at."""

_LONGEST = 300
_SHOWN = 12
_NUMBERED = re.compile(r"\s*\d+\t")


def closest(text: str, old: str) -> str:
    """A hint that starts with a space or a line end, empty where nothing comes near."""
    quoted = old.replace("\r\n", "\n").split("\n")
    if all(_NUMBERED.match(line) for line in quoted if line):
        return " Quote it without the line numbers that read_file puts before each line."
    lines = [line.removesuffix("\r")[:_LONGEST] for line in text.split("\n", _COMPARED)[:_COMPARED]]
    at, blanks_only = _same_but_blanks(lines, quoted), True
    if at is None:
        at, blanks_only = _similar(lines, quoted), False
    if at is None:
        return " Nothing in it comes near; read it again."
    shown = "\n".join(f"{at + 1 + i}\t{line}" for i, line in enumerate(lines[at : at + min(len(quoted), _SHOWN)]))
    return f"{' Only white space differs at' if blanks_only else ' The nearest is'} line {at + 1}:\n{shown}"


def _same_but_blanks(lines: list[str], quoted: list[str]) -> int | None:
    squeezed = [" ".join(line[:_LONGEST].split()) for line in quoted]
    if not any(squeezed):
        return None
    file = [" ".join(line.split()) for line in lines]
    for at in range(len(file) - len(squeezed) + 1):
        if file[at] == squeezed[0] and file[at : at + len(squeezed)] == squeezed:
            return at
    return None


def _similar(lines: list[str], quoted: list[str]) -> int | None:
    """Where the quote's most telling line has its best match, moved to where the quote starts."""
    telling = max(range(len(quoted)), key=lambda i: len(quoted[i].strip()))
    stripped = {line.strip(): number for number, line in reversed(list(enumerate(lines)))}
    found = difflib.get_close_matches(quoted[telling].strip()[:_LONGEST], [*stripped], n=1, cutoff=0.6)
    return max(stripped[found[0]] - telling, 0) if found else None
