"""The JSON Schema of `dispatch.toml`, generated from the settings.

`python -m dispatch_ls.config.schema` writes it below the current directory; `--check` says whether it is stale.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import cast

from dispatch_ls.config.settings import Settings
from dispatch_ls.protocol.base import JsonObject

SCHEMA_FILE = "schemas/dispatch.schema.json"


def schema() -> JsonObject:
    """What a `dispatch.toml` may hold, with each table under `$defs`."""
    document = cast(JsonObject, Settings.model_json_schema(mode="validation"))
    head: JsonObject = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "dispatch.toml",
        "description": "Configuration of Dispatch. Generated from the server's settings: do not edit.",
    }
    return head | {name: part for name, part in document.items() if name not in head}


def text() -> str:
    """The generated file."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def known_names(field: Sequence[str | int]) -> list[str]:
    """The names a table may hold; none where the field is no table or its names are free."""
    document = _document()
    properties = _at(document, document, field).get("properties", {})
    return list(cast(JsonObject, properties))


@cache
def _document() -> JsonObject:
    return schema()  # the same for as long as the program lives, and slow to make


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the generated file; the exit code is 1 where it is stale."""
    parser = argparse.ArgumentParser(prog="python -m dispatch_ls.config.schema", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 where the file is stale")
    parser.add_argument("--root", type=Path, default=Path(), help="the repository's root (default: here)")
    options = parser.parse_args(arguments)
    file: Path = options.root / SCHEMA_FILE
    if not options.check:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text(), encoding="utf-8")
        return 0
    if file.is_file() and file.read_text(encoding="utf-8") == text():
        return 0
    sys.stderr.write(f"stale: {SCHEMA_FILE}; run python -m dispatch_ls.config.schema\n")
    return 1


def _at(document: JsonObject, shape: JsonObject, field: Sequence[str | int]) -> JsonObject:
    shape = _resolved(document, shape)
    if not field:
        return shape
    name = field[0]
    properties = cast(JsonObject, shape.get("properties", {}))
    inner = properties.get(name) if isinstance(name, str) else shape.get("items")
    inner = inner or shape.get("additionalProperties")
    return _at(document, inner, field[1:]) if isinstance(inner, dict) else {}


def _resolved(document: JsonObject, shape: JsonObject) -> JsonObject:
    for option in cast(list[JsonObject], shape.get("anyOf", [])):
        if option.get("type") != "null":
            shape = option
            break
    if "$ref" in shape:
        name = str(shape["$ref"]).rpartition("/")[2]
        return cast(JsonObject, cast(JsonObject, document["$defs"])[name])
    return shape


if __name__ == "__main__":
    sys.exit(main())
