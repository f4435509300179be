"""The words of the protocol for other languages: JSON Schemas and TypeScript types, generated from the models.

`python -m dispatch_ls.protocol.export` writes them below the current directory; `--check` names what is stale.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import cast, get_args

from pydantic import BaseModel, JsonValue
from pydantic.json_schema import models_json_schema

from dispatch_ls.protocol.base import JsonObject
from dispatch_ls.protocol.events import EVENT_DATA, EventType, PartialSession
from dispatch_ls.protocol.items import Item
from dispatch_ls.protocol.methods import METHODS, NEWS, REQUESTS
from dispatch_ls.protocol.names import PROTOCOL_VERSION
from dispatch_ls.protocol.sessions import Session
from dispatch_ls.protocol.typescript import typescript

SCHEMA_FILE = "schemas/protocol.schema.json"
TYPESCRIPT_FILE = "vscode-client/src/protocol.ts"

Definitions = dict[str, JsonObject]

ITEMS: tuple[type[BaseModel], ...] = get_args(get_args(Item)[0])


def schema() -> JsonObject:
    """One JSON Schema document with every shape under `$defs`, and the tables of methods, news and events."""
    definitions = _definitions()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Dispatch protocol",
        "description": "Shapes of dispatch/* over LSP. Generated from the server's models: do not edit.",
        "protocolVersion": PROTOCOL_VERSION,
        "methods": {
            name: {"params": _ref(method.params), "result": _ref(method.result)} for name, method in METHODS.items()
        },
        "requests": {
            name: {"params": _ref(method.params), "result": _ref(method.result)} for name, method in REQUESTS.items()
        },
        "news": {name: {"params": _ref(method.params)} for name, method in NEWS.items()},
        "events": {str(event): {"$ref": f"#/$defs/{name}"} for event, name in _event_shapes().items()},
        "$defs": cast(JsonValue, definitions),
    }


def files() -> dict[str, str]:
    """The generated files by their path from the repository's root."""
    document = schema()
    return {
        SCHEMA_FILE: json.dumps(document, indent=2, ensure_ascii=False) + "\n",
        TYPESCRIPT_FILE: typescript(document),
    }


def stale(root: Path) -> list[str]:
    """Which generated files are missing below `root` or say something else than the models."""
    return [name for name, text in files().items() if not _says(root / name, text)]


def write(root: Path) -> None:
    """Write the generated files below `root`."""
    for name, text in files().items():
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the generated files; the exit code is 1 where a file is stale."""
    parser = argparse.ArgumentParser(prog="python -m dispatch_ls.protocol.export", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; name stale files and exit with 1")
    parser.add_argument("--root", type=Path, default=Path(), help="the repository's root (default: here)")
    options = parser.parse_args(arguments)
    if not options.check:
        write(options.root)
        return 0
    names = stale(options.root)
    for name in names:
        sys.stderr.write(f"stale: {name}; run python -m dispatch_ls.protocol.export\n")
    return 1 if names else 0


def _definitions() -> Definitions:
    asked = {method.params for method in METHODS.values()}
    asked |= {method.result for method in REQUESTS.values() if method.result}
    told = {method.result for method in METHODS.values() if method.result} | {method.params for method in NEWS.values()}
    told |= {method.params for method in REQUESTS.values()} | set(EVENT_DATA.values()) | set(ITEMS)
    models = sorted(asked | told, key=lambda model: model.__name__)
    _, document = models_json_schema([(model, "validation") for model in models])
    definitions = {name: _tidy(shape) for name, shape in cast(Definitions, document["$defs"]).items()}
    accepted = _reachable(definitions, [model.__name__ for model in asked])
    for name in definitions.keys() - accepted:
        _always_sent(definitions[name])
    definitions |= _event_definitions(definitions)
    return dict(sorted(definitions.items()))


def _event_definitions(definitions: Definitions) -> Definitions:
    session = definitions[Session.__name__]
    extras: JsonObject = {"step": {"type": "integer", "description": "The step of the turn, from 1."}}
    append: JsonObject = {"append": {"type": "object", "additionalProperties": {"type": "string"}}}
    changed: JsonObject = {}
    for item in ITEMS:
        for field, shape in cast(Definitions, definitions[item.__name__]["properties"]).items():
            changed[field] = _either(changed.get(field), shape)
    return {
        "Item": {
            "description": "A part of a turn, by `kind`.",
            "anyOf": [_ref(item) for item in ITEMS],
        },
        "ItemCompleted": {
            "description": "`item.completed`: the whole item, authoritative.",
            "allOf": [{"$ref": "#/$defs/Item"}, {"type": "object", "properties": extras}],
        },
        "ItemUpdated": {
            "description": "`item.updated`: fields left out stay as they are; `append` adds to the end of texts.",
            "type": "object",
            "properties": changed | append | extras,
        },
        PartialSession.__name__: {
            "description": "`session.updated` and `session.closed`: changed fields only; null where one was cleared.",
            "type": "object",
            "properties": _clearable(session),
        },
    }


def _clearable(shape: JsonObject) -> JsonObject:
    required = cast(list[str], shape["required"])
    fields = cast(JsonObject, shape["properties"])
    return {name: part if name in required else _either(part, {"type": "null"}) for name, part in fields.items()}


def _event_shapes() -> dict[EventType, str]:
    shapes = {event: model.__name__ for event, model in EVENT_DATA.items()}
    shapes |= {EventType.ITEM_UPDATED: "ItemUpdated", EventType.ITEM_COMPLETED: "ItemCompleted"}
    return {event: shapes[event] for event in EventType}


def _either(known: JsonValue, shape: JsonValue) -> JsonValue:
    """A field that several kinds of item have: one of its shapes, each named once."""
    if known is None or known == shape:
        return shape
    alternatives = cast(list[JsonValue], known["anyOf"]) if isinstance(known, dict) and "anyOf" in known else [known]
    return {"anyOf": [*alternatives, *([] if shape in alternatives else [shape])]}


def _tidy(shape: JsonObject) -> JsonObject:
    """Without titles derived from names and without null (left out instead); `const` fields are always there."""
    fields = cast(Definitions, shape.get("properties", {}))
    for name, field in fields.items():
        fields[name] = _not_null(field)
        fields[name].pop("title", None)
    shape.pop("title", None)
    required = set(cast(list[str], shape.get("required", [])))
    required |= {name for name, field in fields.items() if "const" in field}
    _require(shape, required)
    return shape


def _not_null(field: JsonObject) -> JsonObject:
    parts = cast(list[JsonObject], field.get("anyOf", []))
    if {"type": "null"} not in parts:
        return field
    field.pop("default", None)
    rest: list[JsonValue] = [part for part in parts if part != {"type": "null"}]
    return cast(JsonObject, rest[0]) if len(rest) == 1 else field | {"anyOf": rest}


def _always_sent(shape: JsonObject) -> None:
    """What only the server sends has every field but those that are None, which it leaves out."""
    fields = cast(Definitions, shape.get("properties", {}))
    sent = {name for name, field in fields.items() if field.get("default") is not None}
    _require(shape, set(cast(list[str], shape.get("required", []))) | sent)


def _require(shape: JsonObject, names: set[str]) -> None:
    if names:
        shape["required"] = [name for name in cast(JsonObject, shape["properties"]) if name in names]


def _reachable(definitions: Definitions, names: Sequence[str]) -> set[str]:
    found: set[str] = set()
    open_names = list(names)
    while open_names:
        name = open_names.pop()
        if name not in found:
            found.add(name)
            open_names += _references(definitions[name])
    return found


def _references(value: JsonValue) -> list[str]:
    if isinstance(value, dict):
        own = [str(value["$ref"]).rpartition("/")[2]] if "$ref" in value else []
        return own + [name for part in value.values() for name in _references(part)]
    if isinstance(value, list):
        return [name for part in value for name in _references(part)]
    return []


def _ref(model: type[BaseModel] | None) -> JsonObject:
    return {"$ref": f"#/$defs/{model.__name__}"} if model else {"type": "null"}


def _says(file: Path, text: str) -> bool:
    return file.is_file() and file.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main())
