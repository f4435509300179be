"""What is known about a kind of language server: data, so that a language is added by a row."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pydantic import JsonValue

from dispatch_ls.protocol.base import JsonObject


@dataclass(frozen=True)
class Launch:
    """How to start a server: absolute command, answers to `workspace/configuration`, initialization options."""

    command: tuple[str, ...]
    settings: JsonObject
    options: JsonObject


@dataclass(frozen=True)
class Missing:
    """The server can't be started here; `hint` says what would help."""

    hint: str


@dataclass(frozen=True)
class Site:
    """Where a server is to run, and how executables are found there."""

    root: Path
    workspace: Path
    find: Callable[[str], Path | None]


class Ask(Protocol):
    """Sends a request to a running server and waits for the result."""

    def __call__(self, method: str, params: JsonValue = None) -> Awaitable[JsonValue]:
        """Raises ResponseError or PeerClosed."""
        ...


Adapter = Callable[[Ask, Path], Awaitable[list[JsonObject]]]
"""Asks for the diagnostics of a file in the server's own way; returns them in LSP's shape."""

Prepare = Callable[["ServerSpec", Site], Launch | Missing]
"""Decides whether and how a server starts in a root; may read files, so it is called in a thread."""


def prepare_command(spec: "ServerSpec", site: Site) -> Launch | Missing:
    """The command with its first word found on this machine."""
    program = site.find(spec.command[0])
    if program is None:
        return Missing(spec.hint or f"{spec.command[0]} was not found")
    return Launch((str(program), *spec.command[1:]), spec.settings, spec.options)


@dataclass(frozen=True)
class ServerSpec:
    """One kind of server. Times are in seconds."""

    id: str
    command: tuple[str, ...]
    languages: Mapping[str, str]
    """File name ending → LSP language id."""
    markers: tuple[str, ...] = ()
    """Files that make a directory a root: the nearest one above the file counts."""
    outer_markers: tuple[str, ...] = ()
    """Files that mark a whole monorepo: the outermost one counts, before `markers`."""
    group: str = ""
    """Of the servers of one group only the first that can be started serves a file."""
    optional: bool = False
    """Whether its absence is nothing that an answer has to mention."""
    hint: str = ""
    settings: JsonObject = field(default_factory=dict)
    options: JsonObject = field(default_factory=dict)
    prepare: Prepare = prepare_command
    adapter: Adapter | None = None
    expects_dynamic_pull: bool = False
    """Registers pull diagnostics some time after `initialized`."""
    push_and_pull: bool = False
    """Pushes what its pull answers leave out."""
    trust_version: bool = True
    """Whether the version in a push is that of the text it was made from."""
    push_quiet: float = 0.6
    """How long a server that names no version has to be quiet until its last push counts."""
    start_timeout: float = 45.0
    restart_pause: float = 0.25
    """Before the first restart after a crash; doubles with each."""
    idle_stop: float = 1200.0
    max_documents: int = 64

    def language_of(self, path: Path) -> str | None:
        """The language id of a file this server is for."""
        return self.languages.get(path.suffix.lower()) or self.languages.get(path.name)
