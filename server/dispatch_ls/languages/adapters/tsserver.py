"""typescript-language-server: its pushes carry no version, but it passes synchronous questions on to tsserver.

A `tsserverRequest` is answered after all changes sent before it, so the answer is about the text that was sent.
"""

import json
import re
from pathlib import Path

from pydantic import JsonValue

from dispatch_ls.languages.shapes import as_integer, as_object, as_objects, as_text
from dispatch_ls.languages.spec import Ask, Launch, Missing, ServerSpec, Site
from dispatch_ls.protocol.base import JsonObject

_QUESTIONS = ("syntacticDiagnosticsSync", "semanticDiagnosticsSync")
_SEVERITIES = {"error": 1, "warning": 2, "message": 3, "suggestion": 4}
_NATIVE = 7
_HINT = "npm install --save-dev typescript (version 7 or later is its own server)"


async def diagnostics(ask: Ask, path: Path) -> list[JsonObject]:
    """The diagnostics of an open file, in LSP's shape."""
    found: list[JsonObject] = []
    for question in _QUESTIONS:
        arguments: list[JsonValue] = [question, {"file": str(path)}]
        answer = await ask(
            "workspace/executeCommand", {"command": "typescript.tsserverRequest", "arguments": arguments}
        )
        found += [_diagnostic(item) for item in as_objects(as_object(answer).get("body"))]
    return found


def _diagnostic(item: JsonObject) -> JsonObject:
    unneeded: list[JsonValue] = [1] if item.get("reportsUnnecessary") else []
    return {
        "range": {"start": _position(item.get("start")), "end": _position(item.get("end"))},
        "severity": _SEVERITIES.get(as_text(item.get("category")), 1),
        "code": item.get("code"),
        "source": as_text(item.get("source")) or "typescript",
        "message": as_text(item.get("text")),
        "tags": unneeded,
    }


def _position(place: JsonValue) -> JsonObject:
    """From tsserver's line and offset, which count from 1 in UTF-16 units."""
    line, offset = as_integer(as_object(place).get("line")), as_integer(as_object(place).get("offset"))
    return {"line": (line or 1) - 1, "character": (offset or 1) - 1}


def prepare_tsserver(spec: ServerSpec, site: Site) -> Launch | Missing:
    """Needs a TypeScript below 7, the project's own or the one installed beside the server."""
    program = site.find(spec.command[0])
    if program is None:
        return Missing(spec.hint)
    places = [*_ancestors(site), program.resolve().parents[1].parent, program.resolve().parents[2]]
    for package in _packages(places):
        library = package / "lib" / "tsserver.js"
        if library.is_file():
            options: JsonObject = {**spec.options, "tsserver": {"path": str(library)}}
            return Launch((str(program), *spec.command[1:]), spec.settings, options)
    return Missing(f"typescript-language-server needs TypeScript 5 or 6: {spec.hint}")


def prepare_native(spec: ServerSpec, site: Site) -> Launch | Missing:
    """Needs the project's own TypeScript to be 7 or later."""
    for package in _packages(_ancestors(site)):
        program = package.parent / ".bin" / "tsc"
        if _major(package) >= _NATIVE and program.is_file():
            return Launch((str(program), *spec.command[1:]), spec.settings, spec.options)
        return Missing(_HINT)
    return Missing(_HINT)


def _ancestors(site: Site) -> list[Path]:
    """The `node_modules` that code in the root sees, within the workspace."""
    above = [site.root, *site.root.parents]
    return [folder / "node_modules" for folder in above if folder.is_relative_to(site.workspace)]


def _packages(places: list[Path]) -> list[Path]:
    return [place / "typescript" for place in places if (place / "typescript" / "package.json").is_file()]


def _major(package: Path) -> int:
    try:
        version = as_text(as_object(json.loads((package / "package.json").read_text())).get("version"))
    except (OSError, ValueError):
        return 0
    number = re.match(r"\d+", version)
    return int(number.group()) if number else 0
