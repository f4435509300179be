"""Arguments of a call, as the model wrote them; what is wrong with them is said in words that it can act on."""

import difflib
import json
import re
from collections.abc import Collection, Mapping

from pydantic import JsonValue, ValidationError
from pydantic_core import ErrorDetails

from dispatch_ls.protocol.base import JsonObject
from dispatch_ls.protocol.errors import ToolFailed
from dispatch_ls.tools.schema import Description

_SHOWN = 80
_HALF = re.compile(r"\\u[dD][89a-fA-F]..|[\ud800-\udfff]")


def parse(raw: str) -> JsonObject:
    """The JSON object in the text; an empty text is an empty object. Raises `ToolFailed`."""
    if not raw.strip():
        return {}
    try:
        value = json.loads(raw)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ToolFailed(f"The arguments are not valid JSON ({_where(error)}). Send one JSON object.") from error
    if (half := _HALF.search(raw)) and _has_half(value):
        raise ToolFailed(f"The arguments hold {half[0]}, half of a surrogate pair, which is no text.")
    if not isinstance(value, dict):
        raise ToolFailed(f"The arguments are {_kind(value)}. Send one JSON object.")
    return value


def explain(error: ValidationError, tool: Description) -> str:
    """What is wrong with the arguments, field by field, and what the tool takes."""
    fields = tool.parameters["properties"]
    names = list(fields) if isinstance(fields, dict) else []
    lines = [f"- {_problem(each, names)}" for each in error.errors(include_url=False)[:8]]
    return "\n".join([f"{tool.name} was called wrongly:", *lines, f"It takes: {_signature(tool)}"])


def nearest(name: str, known: Collection[str]) -> str:
    """` Did you mean …?`, or nothing."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f" Did you mean {near[0]}?" if near else ""


def _has_half(value: JsonValue) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def _problem(error: ErrorDetails, names: list[str]) -> str:
    field = ".".join(str(part) for part in error["loc"]) or "arguments"
    match error["type"]:
        case "missing":
            return f"{field}: is required"
        case "extra_forbidden":
            return f"{field}: no such parameter.{nearest(field, names)}"
        case _:
            reason = error["msg"].removeprefix("Value error, ").removeprefix("Input ")
            return f"{field}: {reason}, got {_brief(error['input'])}"


def _signature(tool: Description) -> str:
    fields = tool.parameters["properties"]
    required = tool.parameters.get("required") or []
    if not isinstance(fields, dict) or not isinstance(required, list):
        return "an object"
    return ", ".join(
        f"{name} ({_type(each)}{', required' if name in required else ''})" for name, each in fields.items()
    )


def _type(field: object) -> str:
    if not isinstance(field, Mapping):
        return "any"
    if choices := field.get("enum"):
        return " or ".join(json.dumps(choice) for choice in choices)
    return str(field.get("type", "any"))


def _brief(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _where(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at line {error.lineno}, column {error.colno}"
    return "nested too deeply"


def _kind(value: object) -> str:
    kinds = {list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return kinds.get(type(value), "a number")
