"""The language servers that are known without configuration, and what `dispatch.toml` makes of them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Protocol

from dispatch_ls.languages.adapters.python import prepare_python
from dispatch_ls.languages.adapters.tsserver import diagnostics, prepare_native, prepare_tsserver
from dispatch_ls.languages.shapes import overlaid
from dispatch_ls.languages.spec import ServerSpec
from dispatch_ls.protocol.base import JsonObject

_PYTHON = {".py": "python", ".pyi": "python"}
_PYTHON_MARKERS = ("pyproject.toml", "setup.cfg", "setup.py", "pyrightconfig.json", "requirements.txt", "Pipfile")
_SCRIPT = {
    ".ts": "typescript",
    ".mts": "typescript",
    ".cts": "typescript",
    ".tsx": "typescriptreact",
    ".js": "javascript",
    ".mjs": "javascript",
    ".cjs": "javascript",
    ".jsx": "javascriptreact",
}
_SCRIPT_MARKERS = ("tsconfig.json", "jsconfig.json", "package.json")
_SCRIPT_MONOREPO = ("pnpm-workspace.yaml", "package-lock.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb")

BUILT_IN = (
    ServerSpec(
        id="basedpyright",
        command=("basedpyright-langserver", "--stdio"),
        languages=_PYTHON,
        markers=_PYTHON_MARKERS,
        group="python types",
        hint="pip install basedpyright",
        settings={"basedpyright": {"analysis": {"diagnosticMode": "openFilesOnly", "typeCheckingMode": "standard"}}},
        prepare=prepare_python,
        expects_dynamic_pull=True,
    ),
    ServerSpec(
        id="ruff",
        command=("ruff", "server"),
        languages=_PYTHON,
        markers=("ruff.toml", ".ruff.toml", *_PYTHON_MARKERS),
        optional=True,
        hint="pip install ruff",
    ),
    ServerSpec(
        id="typescript",
        command=("tsc", "--lsp", "--stdio"),
        languages=_SCRIPT,
        markers=_SCRIPT_MARKERS,
        outer_markers=_SCRIPT_MONOREPO,
        group="typescript",
        hint="npm install --save-dev typescript",
        prepare=prepare_native,
    ),
    ServerSpec(
        id="typescript-language-server",
        command=("typescript-language-server", "--stdio"),
        languages=_SCRIPT,
        markers=_SCRIPT_MARKERS,
        outer_markers=_SCRIPT_MONOREPO,
        group="typescript",
        hint="npm install --save-dev typescript-language-server typescript@5",
        options={"disableAutomaticTypingAcquisition": True, "hostInfo": "dispatch"},
        prepare=prepare_tsserver,
        adapter=diagnostics,
    ),
)
"""In order of preference within a group."""


class Override(Protocol):
    """A `[lsp.servers.<id>]` of `dispatch.toml`; what is None or empty stays as it is known."""

    @property
    def command(self) -> list[str] | None: ...  # noqa: D102 - the names are the file's
    @property
    def extensions(self) -> list[str] | None: ...  # noqa: D102 - see above
    @property
    def roots(self) -> list[str] | None: ...  # noqa: D102 - see above
    @property
    def settings(self) -> JsonObject: ...  # noqa: D102 - see above
    @property
    def options(self) -> JsonObject: ...  # noqa: D102 - see above
    @property
    def enabled(self) -> bool: ...  # noqa: D102 - see above


def specs(overrides: Mapping[str, Override], built_in: Iterable[ServerSpec] = BUILT_IN) -> list[ServerSpec]:
    """All servers in force, those the user configured first, so that they win in their group."""
    known = {spec.id: spec for spec in built_in}
    configured = [
        _overridden(known.get(name, _unknown(name)), override)
        for name, override in overrides.items()
        if override.enabled and (override.command or name in known)
    ]
    return configured + [spec for name, spec in known.items() if name not in overrides]


def _unknown(name: str) -> ServerSpec:
    """Nothing is known about it, so its versions are not trusted until it is asked for a pull."""
    return ServerSpec(id=name, command=(), languages={})


def _overridden(spec: ServerSpec, override: Override) -> ServerSpec:
    languages = {name: spec.languages.get(name, name.lstrip(".")) for name in override.extensions or spec.languages}
    return replace(
        spec,
        command=tuple(override.command or spec.command),
        languages=languages,
        markers=tuple(override.roots) if override.roots is not None else spec.markers,
        outer_markers=() if override.roots is not None else spec.outer_markers,
        settings=overlaid(spec.settings, override.settings),
        options=overlaid(spec.options, override.options),
    )
