"""The Python module that benches break and mend."""

MODULE = "module.py"


def edition_line(edition: int) -> str:
    """The line that tells one edition from the others: ill-typed in the odd ones."""
    value = '"not a number"' if edition % 2 else str(edition)
    return f"EDITION_{edition}: int = {value}"


def module_text(edition: int) -> str:
    """Some functions and the line of the edition."""
    functions = "\n".join(
        f"def scale_{number}(values: list[int], factor: int) -> list[int]:\n"
        f'    """Scale by {number}."""\n'
        f"    return [value * factor + {number} for value in values]\n\n"
        for number in range(40)
    )
    return f'"""A module of the bench."""\n\n{functions}\n{edition_line(edition)}\n'
