"""Looking into JSON that another program wrote: the wanted shape or an empty one, never an exception."""

from pydantic import JsonValue

from dispatch_ls.protocol.base import JsonObject


def as_object(value: JsonValue) -> JsonObject:
    """The object, or an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: JsonValue) -> list[JsonValue]:
    """The array, or an empty one."""
    return value if isinstance(value, list) else []


def as_objects(value: JsonValue) -> list[JsonObject]:
    """The objects in an array."""
    return [item for item in as_list(value) if isinstance(item, dict)]


def as_text(value: JsonValue) -> str:
    """The string, or an empty one."""
    return value if isinstance(value, str) else ""


def as_integer(value: JsonValue) -> int | None:
    """The integer, or None."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def dig(value: JsonValue, dotted: str) -> JsonValue:
    """The value under a dotted name; the whole for an empty name, None where there is none."""
    for name in filter(None, dotted.split(".")):
        value = as_object(value).get(name)
    return value


def overlaid(below: JsonObject, above: JsonObject) -> JsonObject:
    """Both objects as one, `above` winning field by field at every depth."""
    merged = dict(below)
    for name, value in above.items():
        old = merged.get(name)
        merged[name] = overlaid(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged
