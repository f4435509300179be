"""What is wrong with a field, in words for who wrote it. Values are not repeated: they may be secret."""

import difflib
from collections.abc import Iterable

from pydantic_core import ErrorDetails

from dispatch_ls.config.positions import Field
from dispatch_ls.config.schema import known_names

_PLAIN = {
    "bool_type": "must be true or false",
    "dict_type": "must be a table",
    "finite_number": "must be a finite number",
    "float_type": "must be a number",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "int_from_float": "must be a whole number",
    "int_type": "must be a whole number",
    "invalid-json-value": "must be a string, a number, a boolean, an array or a table",
    "list_type": "must be an array",
    "model_type": "must be a table",
    "string_too_long": "is too long",
    "string_too_short": "must not be empty",
    "string_type": "must be a string",
    "too_short": "must not be empty",
}


def explain(error: ErrorDetails, field: Field) -> str:
    """One sentence on one error of validation."""
    kind, context = error["type"], error.get("ctx", {})
    match kind:
        case "extra_forbidden":
            return f'unknown name "{field[-1]}"{did_you_mean(str(field[-1]), known_names(field[:-1]))}'
        case "missing":
            return f'"{field[-1]}" is missing'
        case "literal_error":
            return _one_of(error)
        case "value_error":
            return str(context["error"])
    plain = _PLAIN.get(kind)
    return plain.format(**context) if plain else f"{error['msg'][:1].lower()}{error['msg'][1:]}"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`; did you mean "…"?`, or nothing where nothing is near."""
    near = difflib.get_close_matches(name[:100].casefold(), list(known), n=1)
    return f'; did you mean "{near[0]}"?' if near else ""


def _one_of(error: ErrorDetails) -> str:
    if error["loc"] == ("version",):
        return "this Dispatch reads version 1"
    expected = error["ctx"]["expected"].replace("'", '"')
    known = [word.strip('"') for word in expected.replace(" or ", ", ").split(", ")]
    given = error["input"]
    return f"must be {expected}{did_you_mean(given, known) if isinstance(given, str) else ''}"
