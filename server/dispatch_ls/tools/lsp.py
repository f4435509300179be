"""`lsp`: what the language servers know."""

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from dispatch_ls.languages.pool import Languages
from dispatch_ls.permissions.access import Access
from dispatch_ls.protocol.errors import ToolFailed
from dispatch_ls.protocol.items import Location, Severity, ToolKind
from dispatch_ls.tools.context import Context
from dispatch_ls.tools.places import Place, printable
from dispatch_ls.tools.problems import OTHERS, listing, name_of, name_of_uri
from dispatch_ls.tools.read_file import reading
from dispatch_ls.tools.schema import Parameters
from dispatch_ls.tools.tool import Result, Tool

DEADLINE = 20.0
"""Seconds for an answer; long enough for a server that has to be started first."""

_FILES = 100


class LspParameters(Parameters):
    """What to ask."""

    action: Literal["diagnostics", "summary"]
    path: str | None = Field(None, description="file, for diagnostics")


class Lsp(Tool[LspParameters]):
    """Asks the language servers."""

    name = "lsp"
    kind = ToolKind.SEARCH
    group = "lsp"
    parameters = LspParameters

    def __init__(self, languages: Languages, deadline: float = DEADLINE) -> None:
        self._languages = languages
        self._deadline = deadline

    def title(self, params: LspParameters) -> str:
        """What is asked, and of which file."""
        path = _file(params)
        return f"Diagnostics of {printable(path)}" if path else "Diagnostics summary"

    def accesses(self, params: LspParameters, context: Context) -> Sequence[Access]:
        """Reading the file."""
        path = _file(params)
        return reading(path, self.title(params), self.name, context) if path else []

    async def run(self, params: LspParameters, context: Context) -> Result:
        """The answer, and who gave it."""
        if params.action == "summary":
            return Result(output=self._summary(context))
        path = _file(params)
        if not path:
            raise ToolFailed("diagnostics needs a path; for all known problems use action=summary.")
        place = context.locate(path)
        return Result(output=await self._diagnostics(place, context), locations=(Location(uri=place.uri),))

    async def _diagnostics(self, place: Place, context: Context) -> str:
        check = await self._languages.check([place.path], self._deadline, OTHERS)
        files = {name_of(path, context.workspace): problems for path, problems in check.problems.items()}
        found = listing(files)
        if not check.complete:
            return f"not fully checked ({check.summary})\n{found}".rstrip()
        return f"{found or 'no problems'}\n[{check.summary}]"

    def _summary(self, context: Context) -> str:
        """Counts by file, the most errors first, and the state of the servers."""
        errors: Counter[str] = Counter()
        warnings: Counter[str] = Counter()
        for problem in self._languages.known().problems:
            name = name_of_uri(problem.uri, context.workspace)
            errors[name] += problem.severity is Severity.ERROR
            warnings[name] += problem.severity is Severity.WARNING
        names = sorted(
            (name for name in errors if errors[name] + warnings[name]), key=lambda name: (-errors[name], name)
        )
        lines = [f"{name}: {errors[name]} errors, {warnings[name]} warnings" for name in names[:_FILES]]
        if len(names) > _FILES:
            lines.append(f"… and {len(names) - _FILES} more files")
        return "\n".join([*(lines or ["no problems known in the files checked so far"]), self._servers()])

    def _servers(self) -> str:
        status = self._languages.status()
        if not status.trusted:
            return "[no language server runs: the user has not trusted this workspace]"
        states = ", ".join(f"{server.server} {server.state}" for server in status.servers)
        return f"[{states or 'no language server has been started yet'}]"


def _file(params: LspParameters) -> str | None:
    return params.path if params.action == "diagnostics" else None
