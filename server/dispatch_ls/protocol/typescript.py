"""TypeScript types from the protocol's JSON Schema document."""

import json
from typing import cast

from dispatch_ls.protocol.base import JsonObject
from dispatch_ls.protocol.names import COMMANDS, PROTOCOL_VERSION
from dispatch_ls.protocol.sessions import WORKSPACE

Shapes = dict[str, JsonObject]

_PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}

_JSON = "null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue }"

_HEAD = f"""\
// Generated from the server's models by `python -m dispatch_ls.protocol.export`: do not edit.

/** What client and server tell each other in `capabilities.experimental.dispatch.protocolVersion`. */
export const PROTOCOL_VERSION = {PROTOCOL_VERSION};

/** The `sessionId` of news that belongs to no session. */
export const WORKSPACE = {json.dumps(WORKSPACE)};

/** Commands of the server for `workspace/executeCommand`. */
export const COMMANDS = {json.dumps(COMMANDS)} as const;

"""

_TAIL = """\
/** The types of events this version knows; others may come and are to be passed over. */
export type EventType = keyof EventData;

/** An event whose `type` tells the shape of its `data`. */
export type KnownEvent = {
  [T in EventType]: Omit<Event, "type" | "data"> & { type: T; data: EventData[T] };
}[EventType];
"""


def typescript(document: JsonObject) -> str:
    """The whole file: a type for each shape, then the tables of methods, news and events."""
    shapes = cast(Shapes, document["$defs"])
    methods = cast(dict[str, Shapes], document["methods"])
    requests = cast(dict[str, Shapes], document["requests"])
    news = cast(dict[str, Shapes], document["news"])
    events = cast(Shapes, document["events"])
    parts = [_declare(name, shape) for name, shape in shapes.items()]
    parts += [
        _table("Methods", "Requests of the client.", {name: _method(row) for name, row in methods.items()}),
        _table("Requests", "Requests of the server.", {name: _method(row) for name, row in requests.items()}),
        _table("News", "Notifications of the server.", {name: _type(row["params"]) for name, row in news.items()}),
        _table("EventData", "`data` by type of event.", {name: _type(shape) for name, shape in events.items()}),
        _TAIL,
    ]
    return _HEAD + "\n".join(parts)


def _method(row: Shapes) -> str:
    return f"{{ params: {_type(row['params'])}; result: {_type(row['result'])} }}"


def _declare(name: str, shape: JsonObject) -> str:
    doc = _doc(shape)
    if name == "JsonValue":
        return f"export type JsonValue = {_JSON};\n"
    if "properties" not in shape:
        return f"{doc}export type {name} = {_type(shape)};\n"
    fields = cast(Shapes, shape["properties"])
    if not fields:
        return f"{doc}export type {name} = Record<string, never>;\n"
    required = cast(list[str], shape.get("required", []))
    lines = [f"  {field}{'' if field in required else '?'}: {_type(part)};\n" for field, part in fields.items()]
    return f"{doc}export interface {name} {{\n{''.join(lines)}}}\n"


def _doc(shape: JsonObject) -> str:
    text = str(shape.get("description", "")).replace("*/", "* /")
    if not text:
        return ""
    lines = text.splitlines()
    if len(lines) == 1:
        return f"/** {text} */\n"
    return "/**\n" + "".join(f" * {line}".rstrip() + "\n" for line in lines) + " */\n"


def _type(shape: JsonObject) -> str:
    if "$ref" in shape:
        return str(shape["$ref"]).rpartition("/")[2]
    if "const" in shape or "enum" in shape:
        return " | ".join(json.dumps(value) for value in cast(list[str], shape.get("enum", [shape.get("const")])))
    for key, sign in (("anyOf", " | "), ("oneOf", " | "), ("allOf", " & ")):
        if key in shape:
            return sign.join(dict.fromkeys(_type(part) for part in cast(list[JsonObject], shape[key])))
    return _container(shape) if shape["type"] in ("array", "object") else _PLAIN[str(shape["type"])]


def _container(shape: JsonObject) -> str:
    if shape["type"] == "array":
        item = _type(cast(JsonObject, shape["items"]))
        return f"({item})[]" if " " in item else f"{item}[]"
    fields = cast(Shapes, shape.get("properties", {}))
    if fields:
        return "{ " + "; ".join(f"{name}?: {_type(part)}" for name, part in fields.items()) + " }"
    return f"{{ [key: string]: {_type(cast(JsonObject, shape['additionalProperties']))} }}"


def _table(name: str, doc: str, rows: dict[str, str]) -> str:
    lines = [f"  {json.dumps(key)}: {value};\n" for key, value in rows.items()]
    return f"/** {doc} */\nexport interface {name} {{\n{''.join(lines)}}}\n"
