"""What the editor can do and where it works, read from the parameters of `initialize`."""

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from dispatch_ls.editor.jsonrpc import Json, JsonObject


@dataclass(frozen=True)
class Client:
    """One editor; `negotiated` where it speaks `dispatch/*`, else it is a plain LSP client."""

    negotiated: bool
    workspace: Path
    trusted: bool | None
    settings: JsonObject
    versioned_edits: bool
    applies_edits: bool
    shows_documents: bool
    shows_progress: bool
    literal_actions: bool
    process_id: int | None

    @classmethod
    def of(cls, params: JsonObject) -> "Client":
        """Read tolerantly: what is not there or of the wrong type is not supported."""
        capabilities = params.get("capabilities")
        version = _at(capabilities, "experimental", "dispatch", "protocolVersion")
        trusted = _at(params, "initializationOptions", "trusted")
        settings = _at(params, "initializationOptions", "settings")
        process_id = params.get("processId")
        return cls(
            negotiated=isinstance(version, int) and not isinstance(version, bool) and version >= 1,
            workspace=_workspace(params),
            trusted=trusted if isinstance(trusted, bool) else None,
            settings=settings if isinstance(settings, dict) else {},
            versioned_edits=_at(capabilities, "workspace", "workspaceEdit", "documentChanges") is True,
            applies_edits=_at(capabilities, "workspace", "applyEdit") is True,
            shows_documents=_at(capabilities, "window", "showDocument", "support") is True,
            shows_progress=_at(capabilities, "window", "workDoneProgress") is True,
            literal_actions=_at(capabilities, "textDocument", "codeAction", "codeActionLiteralSupport") is not None,
            process_id=process_id if isinstance(process_id, int) and not isinstance(process_id, bool) else None,
        )


def path_of(uri: str) -> Path | None:
    """The file behind a URI, None for what is no local file."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    if parts.scheme != "file" or parts.netloc not in ("", "localhost") or "%00" in parts.path:
        return None
    if os.name == "nt":
        # kept apart: it brings all of http with it
        from urllib.request import url2pathname

        return Path(url2pathname(parts.path))
    return Path(unquote(parts.path))


def text_at(value: Json, *keys: str) -> str | None:
    """A string deep inside, None where there is none."""
    found = _at(value, *keys)
    return found if isinstance(found, str) else None


def _workspace(params: JsonObject) -> Path:
    folders = params.get("workspaceFolders")
    first = folders[0] if isinstance(folders, list) and folders else None
    for uri in (text_at(first, "uri"), text_at(params, "rootUri")):
        if uri and (path := path_of(uri)):
            return path
    root = text_at(params, "rootPath")
    return Path(root) if root else Path.cwd()


def _at(value: Json, *keys: str) -> Json:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value
