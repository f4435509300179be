"""A tool: one noun of what an agent can do. Each is one file, with its description for the model beside it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import ClassVar, Generic, Protocol, TypeVar

from pydantic import BaseModel

from dispatch_ls.permissions.access import Access
from dispatch_ls.protocol.base import JsonObject
from dispatch_ls.protocol.events import FileChanged
from dispatch_ls.protocol.items import DiagnosticChange, Location, ToolKind
from dispatch_ls.tools.context import Context
from dispatch_ls.tools.schema import Description, schema_of

P = TypeVar("P", bound=BaseModel)


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What a tool did. `output` goes to the model; a tool that could not do it raises `ToolFailed` instead.

    `whole` is a file that holds all of the output where the tool itself kept only its ends;
    `notices` are for the user.
    """

    output: str
    exit_code: int | None = None
    diff: str | None = None
    locations: tuple[Location, ...] = ()
    diagnostics: DiagnosticChange | None = None
    changes: tuple[FileChanged, ...] = ()
    notices: tuple[str, ...] = ()
    whole: Path | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A tool with valid parameters: what it is about to do, and the doing."""

    title: str
    accesses: Callable[[Context], Sequence[Access]]
    run: Callable[[Context], Coroutine[None, None, Result]]


class AnyTool(Protocol):
    """A tool as the toolbox sees it, whatever its parameters are."""

    @property
    def name(self) -> str:
        """What models call it."""

    @property
    def kind(self) -> ToolKind:
        """What it does, for icons and for running calls together."""

    @property
    def group(self) -> str:
        """The word for it, and others like it, in an agent's `tools` list."""

    def describe(self) -> Description:
        """What models are told about it."""

    def prepare(self, arguments: JsonObject) -> Prepared:
        """Bind it to the arguments of one call; raises pydantic's `ValidationError`."""


class Tool(ABC, Generic[P]):
    """Base of all tools."""

    name: ClassVar[str]
    kind: ClassVar[ToolKind]
    group: ClassVar[str]
    parameters: type[P]

    def describe(self) -> Description:
        """The description is the Markdown file named like the tool."""
        text = files(__package__).joinpath(f"{self.name}.md").read_text(encoding="utf-8")
        return Description(self.name, text.strip(), schema_of(self.parameters))

    def prepare(self, arguments: JsonObject) -> Prepared:
        """Bind the tool to the arguments of one call; raises pydantic's `ValidationError`."""
        params = self.parameters.model_validate(arguments)
        return Prepared(
            self.title(params),
            lambda context: self.accesses(params, context),
            lambda context: self.run(params, context),
        )

    @abstractmethod
    def title(self, params: P) -> str:
        """One line for people, such as `Edit src/app.py`."""

    @abstractmethod
    def accesses(self, params: P, context: Context) -> Sequence[Access]:
        """What has to be permitted first. May block on the file system; raises `ToolFailed`."""

    @abstractmethod
    async def run(self, params: P, context: Context) -> Result:
        """Do it; raises `ToolFailed` with a text that tells the model what would work."""
