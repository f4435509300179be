"""Patches as git writes them, bounded in time and size."""

import difflib
from collections.abc import Iterator

LARGEST = 200_000
"""Characters of one patch; a longer one ends after the last hunk that fits, with a line that says so."""

_COMPARED = 4_000
"""Lines that are compared one by one; more that differ count as replaced as a whole."""

_CONTEXT = 3

Opcode = tuple[str, int, int, int, int]
"""As of `SequenceMatcher`: what to do, and the lines it is about in the old and the new text."""


def patch(name: str, before: str | None, after: str) -> str:
    """The patch from `before` (None: no file) to `after`, empty where nothing changed. Line ends stay as they are."""
    if before == after:
        return ""
    old, new = _lines(before or ""), _lines(after)
    header = [f"diff --git a/{name} b/{name}"]
    if before is None:
        header.append("new file mode 100644")
    if old or new:
        header += ["--- /dev/null" if before is None else f"--- a/{name}", f"+++ b/{name}"]
    return _bounded("\n".join(header) + "\n", _hunks(old, new))


def first_difference(before: str, after: str) -> int:
    """The first line (from 1) that is not the same."""
    return _common(_lines(before), _lines(after)) + 1


def _lines(text: str) -> list[str]:
    """Lines with their ends; only a line feed ends a line, as for git."""
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + lines[-1:] * bool(lines[-1])


def _bounded(header: str, hunks: Iterator[str]) -> str:
    result, room = [header], LARGEST
    for hunk in hunks:
        room -= len(hunk)
        if room < 0:
            result.append("[the rest of this patch is left out]\n")
            break
        result.append(hunk)
    return "".join(result)


def _hunks(old: list[str], new: list[str]) -> Iterator[str]:
    for group in _grouped(_opcodes(old, new)):
        (_, old_start, _, new_start, _), (_, _, old_end, _, new_end) = group[0], group[-1]
        lines = [f"@@ -{_span(old_start, old_end)} +{_span(new_start, new_end)} @@\n"]
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                lines += [_line(" ", line) for line in old[i1:i2]]
            else:
                lines += [_line("-", line) for line in old[i1:i2]]
                lines += [_line("+", line) for line in new[j1:j2]]
        yield "".join(lines)


def _line(mark: str, line: str) -> str:
    return mark + line if line.endswith("\n") else f"{mark}{line}\n\\ No newline at end of file\n"


def _span(start: int, end: int) -> str:
    length = end - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"


def _grouped(codes: list[Opcode]) -> Iterator[list[Opcode]]:
    """The changes with a few equal lines around them; a long equal stretch starts a new group."""
    group: list[Opcode] = []
    for number, (tag, i1, i2, j1, j2) in enumerate(codes):
        if tag != "equal":
            group.append((tag, i1, i2, j1, j2))
            continue
        first, last, length = number == 0, number == len(codes) - 1, i2 - i1
        if not first and (last or length > 2 * _CONTEXT):
            kept = min(length, _CONTEXT)
            yield [*group, (tag, i1, i1 + kept, j1, j1 + kept)]
            group = []
        if not last and (first or length > 2 * _CONTEXT):
            kept = min(length, _CONTEXT)
            group = [(tag, i2 - kept, i2, j2 - kept, j2)]
        elif not last:
            group.append((tag, i1, i2, j1, j2))
    if any(tag != "equal" for tag, *_ in group):
        yield group


def _opcodes(old: list[str], new: list[str]) -> list[Opcode]:
    """What `SequenceMatcher` finds, after the equal head and tail are out of its way."""
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    old_end, new_end = len(old) - tail, len(new) - tail
    middle = _middle(old[head:old_end], new[head:new_end])
    codes = [("equal", 0, head, 0, head)] if head else []
    codes += [(tag, i1 + head, i2 + head, j1 + head, j2 + head) for tag, i1, i2, j1, j2 in middle]
    return codes + ([("equal", old_end, len(old), new_end, len(new))] if tail else [])


def _middle(old: list[str], new: list[str]) -> list[Opcode]:
    if not old and not new:
        return []
    if len(old) > _COMPARED or len(new) > _COMPARED:
        return [("replace", 0, len(old), 0, len(new))]
    return list(difflib.SequenceMatcher(None, old, new, autojunk=True).get_opcodes())


def _common(one: list[str], other: list[str]) -> int:
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count
