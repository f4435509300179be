"""JSON from servers: what is small at once, what is large in a thread and in steps that let others run.

One `json.loads` of 15 MB, as a file with 20,000 errors yields, would stop everything for a fifth of a second.
"""

import asyncio
import json
import re

from pydantic import JsonValue

from dispatch_ls.languages.shapes import as_object
from dispatch_ls.protocol.base import JsonObject

_LARGE = 500_000
_LONG_LIST = re.compile(r'"(items|diagnostics)"\s*:\s*\[')
_BETWEEN = re.compile(r"[\s,]*")
_PLACES = {"items": "result", "diagnostics": "params"}


async def decoded(body: bytes) -> JsonObject:
    """The message, an empty one if it is no object. Raises ValueError where it is no JSON."""
    if len(body) < _LARGE:
        return as_object(json.loads(body))
    return await asyncio.to_thread(_in_steps, body.decode())


def _in_steps(text: str) -> JsonObject:
    """The list of diagnostics is read one by one and put back into the rest of the message."""
    found = _LONG_LIST.search(text)
    if found is None:
        return as_object(json.loads(text))
    items, end = _items(text, found.end())
    message = as_object(json.loads(text[: found.end()] + text[end:]))
    holder = as_object(message.get(_PLACES[found[1]]))
    if holder.get(found[1]) != []:
        return as_object(json.loads(text))
    holder[found[1]] = items
    return message


def _items(text: str, start: int) -> tuple[list[JsonValue], int]:
    """What the array that starts here holds, and where its closing bracket is."""
    decoder = json.JSONDecoder()
    items: list[JsonValue] = []
    at = _after_space(text, start)
    while text[at : at + 1] != "]":
        item, at = decoder.raw_decode(text, at)
        items.append(item)
        at = _after_space(text, at)
    return items, at


def _after_space(text: str, at: int) -> int:
    space = _BETWEEN.match(text, at)
    return space.end() if space else at
