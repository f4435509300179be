"""Text that any provider takes back: what a model or a file said may hold what their parsers refuse (PV-13)."""

import json

from dispatch_ls.protocol.base import JsonObject


def safe(text: str) -> str:
    """Without NUL and half characters, each replaced by U+FFFD; the log keeps what was really there."""
    if text.isascii():
        return text.replace("\0", "�")
    return text.replace("\0", "�").encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def arguments_object(arguments: str) -> JsonObject:
    """The arguments of a call as an object; what the model wrote brokenly is sent back as none."""
    try:
        value = json.loads(arguments)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def arguments_text(arguments: str) -> str:
    """The arguments as the model wrote them, byte for byte, where they are an object; else an empty one."""
    try:
        value = json.loads(arguments)
    except ValueError:
        return "{}"
    return arguments if isinstance(value, dict) else "{}"
