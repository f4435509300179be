"""Code actions on any diagnostic, whoever reported it (LANG-7): answered at once, nothing is asked of a model."""

from dispatch_ls.editor.client import text_at
from dispatch_ls.editor.jsonrpc import Json, JsonObject

MAX_DIAGNOSTICS = 8
"""Under one cursor; a menu longer than this helps nobody."""

KIND = "quickfix"
_TITLES = {"dispatch.fix": "Fix with Dispatch", "dispatch.explain": "Explain with Dispatch"}


def code_actions(params: Json, literal: bool) -> list[Json]:
    """Fix and explain for each diagnostic of the context; bare commands for editors that know no actions."""
    context = params.get("context") if isinstance(params, dict) else None
    uri = text_at(params, "textDocument", "uri")
    if not isinstance(context, dict) or uri is None or not _wanted(context.get("only")):
        return []
    found = context.get("diagnostics")
    diagnostics = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    several = len(diagnostics) > 1
    return [
        _action(command, title, uri, diagnostic, several=several, literal=literal)
        for command, title in _TITLES.items()
        for diagnostic in diagnostics[:MAX_DIAGNOSTICS]
    ]


def _wanted(only: Json) -> bool:
    return not isinstance(only, list) or any(kind in ("", KIND) for kind in only)


def _action(command: str, title: str, uri: str, diagnostic: JsonObject, *, several: bool, literal: bool) -> Json:
    if several:
        title = f"{title}: {(text_at(diagnostic, 'message') or '')[:60]}"
    run: JsonObject = {"title": title, "command": command, "arguments": [uri, diagnostic]}
    return {"title": title, "kind": KIND, "diagnostics": [diagnostic], "command": run} if literal else run
