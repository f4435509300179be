"""What is said to a server at the start: exactly what is handled here."""

from pathlib import Path

from dispatch_ls.languages.spec import Launch
from dispatch_ls.protocol.base import JsonObject

CLIENT: JsonObject = {
    "general": {"positionEncodings": ["utf-16"]},
    "textDocument": {
        "synchronization": {"didSave": True, "dynamicRegistration": False},
        "publishDiagnostics": {"versionSupport": True, "relatedInformation": False, "tagSupport": {"valueSet": [1, 2]}},
        "diagnostic": {"dynamicRegistration": True, "relatedDocumentSupport": False},
    },
    "workspace": {
        "configuration": True,
        "workspaceFolders": True,
        "applyEdit": False,
        "didChangeConfiguration": {"dynamicRegistration": True},
        "didChangeWatchedFiles": {"dynamicRegistration": True, "relativePatternSupport": True},
        "diagnostics": {"refreshSupport": True},
    },
    "window": {"workDoneProgress": False},
}
"""Only UTF-16 is offered, since every server speaks it."""


def initialize_params(root: Path, launch: Launch) -> JsonObject:
    """No process id: in a namespace of its own the server could not find it, and it ends with its input anyway."""
    return {
        "processId": None,
        "clientInfo": {"name": "dispatch"},
        "rootUri": root.as_uri(),
        "rootPath": str(root),
        "workspaceFolders": [folder(root)],
        "capabilities": CLIENT,
        "initializationOptions": launch.options,
    }


def folder(root: Path) -> JsonObject:
    """A `WorkspaceFolder`."""
    return {"uri": root.as_uri(), "name": root.name}
