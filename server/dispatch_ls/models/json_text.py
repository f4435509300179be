"""JSON as providers read and write it: strict when sent, forgiving when received (PV-13)."""

import json
import re
from typing import TypeVar

from pydantic import BaseModel, JsonValue, ValidationError

from dispatch_ls.protocol.base import JsonObject

Shape = TypeVar("Shape", bound=BaseModel)

SURROGATE = re.compile("[\ud800-\udfff]")
"""Half a character: a pair makes one, a lone one can't be sent nor stored."""

_SIGNED = ("thinking", "reasoning")
"""Types of blocks that carry a signature of their text, or are compared with what was sent."""


def sound(text: str) -> str:
    """The text with surrogate pairs joined and lone surrogates replaced by U+FFFD."""
    if text.isascii() or SURROGATE.search(text) is None:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def encode(body: JsonObject) -> bytes:
    """The bytes of a request; equal bodies give equal bytes.

    Half characters and NUL, which parsers of some providers refuse, go as U+FFFD; the log keeps what was there. What a
    provider signed goes back to it as it came.
    """
    text = _dumps(body)
    if "\\u0000" in text or SURROGATE.search(text) is not None:
        text = _dumps(_sendable(body))
    return text.encode()


def parse(shape: type[Shape], data: bytes) -> Shape:
    """The value in `data`; ValueError where it is no JSON, or of another shape."""
    try:
        return shape.model_validate_json(data)
    except ValidationError:
        # the fast parser refuses lone surrogates and broken UTF-8, which some servers send
        return shape.model_validate(_loads(data))


def arguments_of(text: str) -> JsonObject:
    """The arguments of a call as an object, as the wires that want one are sent them.

    What the model wrote is no JSON object where it broke off or erred: it is shown to it again as it was.
    """
    try:
        value = json.loads(text or "{}", parse_constant=_refuse)
    except (ValueError, RecursionError):
        value = None
    return value if isinstance(value, dict) else {"invalid_arguments": text}


def arguments_text(text: str) -> str:
    """The arguments byte for byte as the model wrote them where they are an object, else what stands for them."""
    value = arguments_of(text)
    return text if text and "invalid_arguments" not in value else _dumps(value)


def _dumps(value: JsonValue) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _sendable(value: JsonValue) -> JsonValue:
    match value:
        case str():
            return sound(value).replace("\0", "\N{REPLACEMENT CHARACTER}")
        case list():
            return [_sendable(each) for each in value]
        case dict() if value.get("type") not in _SIGNED:
            return {name: _sendable(each) for name, each in value.items()}
    return value


def _loads(data: bytes) -> object:
    try:
        return json.loads(data.decode("utf-8", "replace"))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is no JSON")
