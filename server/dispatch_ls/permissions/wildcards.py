"""Matching with `*` and `?`, in time that no pattern can blow up."""


def matches(pattern: str, text: str, *, never: str = "") -> bool:
    """Whether `text` is what `pattern` says; `*` is any number of characters, `?` is one, of those not in `never`."""
    at = position = 0
    star, resumed = -1, 0
    while position < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, resumed = at, position
            at += 1
        elif at < len(pattern) and _is_one(pattern[at], text[position], never):
            at += 1
            position += 1
        elif star >= 0 and text[resumed] not in never:
            resumed += 1
            at, position = star + 1, resumed
        else:
            return False
    return all(character == "*" for character in pattern[at:])


def matches_parts(pattern: tuple[str, ...], path: tuple[str, ...]) -> bool:
    """Whether the components of a path are what those of a pattern say; `**` is any number of components."""
    reached = {0}
    for part in path:
        reached = _closed(pattern, reached)
        reached = {
            step if pattern[step] == "**" else step + 1
            for step in reached
            if step < len(pattern) and (pattern[step] == "**" or matches(pattern[step], part))
        }
    return len(pattern) in _closed(pattern, reached)


def _closed(pattern: tuple[str, ...], reached: set[int]) -> set[int]:
    """With the steps behind each `**`, which may be nothing at all."""
    closed = set(reached)
    for step, part in enumerate(pattern):
        if step in closed and part == "**":
            closed.add(step + 1)
    return closed


def _is_one(expected: str, character: str, never: str) -> bool:
    return character not in never if expected == "?" else expected == character
