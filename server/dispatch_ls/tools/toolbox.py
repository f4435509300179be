"""The toolbox: the one way from a model's wish to a result, whatever the tool is."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import uuid4

from pydantic import ValidationError

from dispatch_ls.permissions.access import Access
from dispatch_ls.protocol.base import JsonObject
from dispatch_ls.protocol.errors import Denied, DispatchError, ToolFailed
from dispatch_ls.protocol.events import FileChanged
from dispatch_ls.protocol.items import CallStatus, DiagnosticChange, Location, ToolKind
from dispatch_ls.protocol.permissions import Operation
from dispatch_ls.tools.arguments import explain, nearest, parse
from dispatch_ls.tools.context import Context
from dispatch_ls.tools.cut import LIMIT, cut_middle
from dispatch_ls.tools.schema import Description
from dispatch_ls.tools.tool import AnyTool, Prepared, Result

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """How a call ended. `output` is what the model reads, cut where too long; `whole` is a file with all of it then.

    `status` is completed, failed or denied; `changes` are files that changed, `notices` texts for the user.
    """

    status: CallStatus
    output: str
    exit_code: int | None = None
    diff: str | None = None
    locations: tuple[Location, ...] = ()
    diagnostics: DiagnosticChange | None = None
    changes: tuple[FileChanged, ...] = ()
    notices: tuple[str, ...] = ()
    whole: Path | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """A call that was understood, or `problem`, which is what the model will read. `paths` are what it touches."""

    tool: str
    kind: ToolKind = ToolKind.OTHER
    title: str
    input: JsonObject = field(default_factory=dict)
    paths: frozenset[str] = frozenset()
    prepared: Prepared | None = None
    problem: str | None = None


class Toolbox:
    """The tools of one agent: fixed for as long as a session lives, so that a conversation's prefix stays the same."""

    def __init__(self, tools: Iterable[AnyTool]) -> None:
        self._tools = {tool.name: tool for tool in sorted(tools, key=lambda tool: tool.name)}
        self._described = {name: tool.describe() for name, tool in self._tools.items()}
        self.specs: tuple[Description, ...] = tuple(self._described.values())

    def only(self, names: Sequence[str]) -> "Toolbox":
        """The toolbox of an agent whose definition names these tools or groups (`read`, `edit`, `bash`, `lsp`)."""
        return Toolbox(tool for tool in self._tools.values() if tool.name in names or tool.group in names)

    def kind(self, name: str) -> ToolKind:
        """What kind of tool that is, known before its arguments are."""
        tool = self._tools.get(name)
        return tool.kind if tool else ToolKind.OTHER

    async def call(self, name: str, raw_arguments: str, context: Context) -> Outcome:
        """Understand and run a call; never raises but for cancellation."""
        return await self.run(self.prepare(name, raw_arguments, context), context)

    def prepare(self, name: str, raw_arguments: str, context: Context) -> Call:
        """Understand a call without doing anything; never raises."""
        tool = self._tools.get(name)
        if tool is None:
            return Call(tool=name, title=name, problem=self._unknown(name))
        try:
            arguments = parse(raw_arguments)
        except ToolFailed as error:
            return Call(tool=name, kind=tool.kind, title=name, problem=str(error))
        try:
            prepared = tool.prepare(arguments)
        except ValidationError as error:
            problem = explain(error, self._described[name])
            return Call(tool=name, kind=tool.kind, title=name, input=arguments, problem=problem)
        return Call(
            tool=name,
            kind=tool.kind,
            title=prepared.title,
            input=arguments,
            paths=_paths(prepared, context),
            prepared=prepared,
        )

    async def run(self, call: Call, context: Context) -> Outcome:
        """Ask the gate, do it, cut what is too long; never raises but for cancellation."""
        if call.prepared is None:
            return Outcome(status=CallStatus.FAILED, output=call.problem or "The call was not understood.")
        try:
            result = await _permitted_and_done(call.prepared, context)
            return await _cut(result, context)
        except Denied as error:
            return Outcome(status=CallStatus.DENIED, output=str(error))
        except DispatchError as error:
            return Outcome(status=CallStatus.FAILED, output=cut_middle(str(error), LIMIT, ""))
        except Exception:
            incident = uuid4().hex[:8]
            _log.exception("%s failed [%s]", call.tool, incident)
            text = f"{call.tool} failed inside Dispatch (incident {incident}, see its log); your call was not at fault."
            return Outcome(status=CallStatus.FAILED, output=text)

    def _unknown(self, name: str) -> str:
        return f"There is no tool {name!r}.{nearest(name, self._tools)} Tools: {', '.join(self._tools)}."


async def _permitted_and_done(prepared: Prepared, context: Context) -> Result:
    """The tool sees a view of the files that opens what the gate has just permitted, and nothing else."""
    accesses = await asyncio.to_thread(prepared.accesses, context)
    for access in accesses:
        await context.gate.check(access)
    files = context.files.approving(
        reading=_of(accesses, Operation.READ), writing=_of(accesses, Operation.WRITE), own=context.spill.directory
    )
    await context.started()
    return await prepared.run(replace(context, files=files))


def _of(accesses: Sequence[Access], operation: Operation) -> list[Path]:
    return [path for access in accesses if access.operation is operation for path in access.paths]


def _paths(prepared: Prepared, context: Context) -> frozenset[str]:
    try:
        return frozenset(str(path) for access in prepared.accesses(context) for path in access.paths)
    except ToolFailed:
        return frozenset()  # running it will say what is wrong


async def _cut(result: Result, context: Context) -> Outcome:
    output, whole = result.output, result.whole
    if len(output) > LIMIT:
        whole = whole or await _spilled(output, context)
        output = cut_middle(output, LIMIT, f"; all of it is in {whole}, read it with read_file" if whole else "")
    return Outcome(
        status=CallStatus.COMPLETED,
        output=output,
        exit_code=result.exit_code,
        diff=result.diff,
        locations=result.locations,
        diagnostics=result.diagnostics,
        changes=result.changes,
        notices=result.notices,
        whole=whole,
    )


async def _spilled(output: str, context: Context) -> Path | None:
    """The file, or None where it could not be written: the result itself must not be lost for that."""
    try:
        return await context.spill.put(context.item_id, output)
    except OSError:
        _log.warning("a long result could not be kept", exc_info=True)
        return None
