"""`run_shell`: a command, to its end."""

import asyncio
import os
import shutil
import signal
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from pydantic import Field

from dispatch_ls.permissions.access import Access
from dispatch_ls.processes.environment import child_environment
from dispatch_ls.processes.run import Finished, run
from dispatch_ls.processes.sandbox import NoSandbox, Sandbox
from dispatch_ls.protocol.errors import ToolFailed
from dispatch_ls.protocol.items import ToolKind
from dispatch_ls.protocol.permissions import Operation
from dispatch_ls.tools.context import Context
from dispatch_ls.tools.cut import LIMIT, from_line_start, to_line_end
from dispatch_ls.tools.places import Place, printable
from dispatch_ls.tools.schema import Parameters
from dispatch_ls.tools.terminal import PlainText, plain
from dispatch_ls.tools.tool import Result, Tool

ENVIRONMENT = {
    "TERM": "dumb",
    "NO_COLOR": "1",
    "PAGER": "cat",
    "GIT_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
    "PIP_NO_INPUT": "1",
    "DEBIAN_FRONTEND": "noninteractive",
    "PYTHONUNBUFFERED": "1",
}
"""Nobody is there to page, to colour for or to ask."""

END = LIMIT // 2 - 500
"""Bytes of output kept at either end."""

STREAMED = 256 * 1024
"""Characters that are shown while the command runs."""

FILE_LIMIT = 8 * 2**30
"""Bytes of the largest file a command may write."""

FREE = 200 * 2**20
"""Bytes of disk that a command must leave free."""

_LOOK = 1.0
_DIRECTORIES = ("/bin", "/usr/bin", "/usr/local/bin", "/opt/homebrew/bin")


class RunShellParameters(Parameters):
    """What to run, and where."""

    command: str = Field(min_length=1, pattern="^[^\\x00]*$")
    directory: str = Field(".", description="working directory")
    timeout: int = Field(120, ge=1, le=3600, description="seconds; default 120")


class RunShell(Tool[RunShellParameters]):
    """Runs a command in a shell of its own; nothing of it is left when it has ended.

    `resync` is awaited when a command has ended: it may have changed files that language servers know.
    """

    name = "run_shell"
    kind = ToolKind.EXECUTE
    group = "bash"
    parameters = RunShellParameters

    def __init__(
        self,
        resync: Callable[[], Awaitable[None]] | None = None,
        *,
        sandbox: Sandbox | None = None,
        file_limit: int = FILE_LIMIT,
        free: int = FREE,
    ) -> None:
        self._resync = resync
        self._sandbox = sandbox or NoSandbox()
        self._file_limit = file_limit
        self._free = free
        self._shell = system_shell()

    def title(self, params: RunShellParameters) -> str:
        """The command, whole and on one line: what is permitted must be what was shown."""
        return f"Run {printable(params.command)}"

    def accesses(self, params: RunShellParameters, context: Context) -> Sequence[Access]:
        """Running the command; its directory too, where that is not in the workspace."""
        place = context.locate(params.directory)
        title = self.title(params)
        run_it = context.access(Operation.EXECUTE, params.command, place.path, title=title, tool=self.name)
        if place.root == context.workspace:
            return [run_it]
        enter = context.access(Operation.READ, str(place.path), place.path, title=title, tool=self.name)
        return [enter, run_it]

    async def run(self, params: RunShellParameters, context: Context) -> Result:
        """Its output, both streams in the order in which they were written, and how it ended."""
        place = context.locate(params.directory)
        if not await asyncio.to_thread(place.path.is_dir):
            raise ToolFailed(f"{place.shown} is not a directory.")
        finished = await self._finished(params, place, context)
        output = "\n".join(part for part in (_output(finished), self._ending(finished, params)) if part)
        return Result(output=output, exit_code=finished.exit_code, whole=finished.spill)

    async def _finished(self, params: RunShellParameters, place: Place, context: Context) -> Finished:
        command = asyncio.ensure_future(self._run(params, place, context))
        watch = asyncio.ensure_future(self._until_disk_is_full(place.path))
        try:
            await asyncio.wait({command, watch}, return_when=asyncio.FIRST_COMPLETED)
            if not command.done():
                raise ToolFailed("The disk is nearly full; the command was ended.")
            return command.result()
        except OSError as error:
            raise ToolFailed(f"The command could not be started: {error.strerror}.") from error
        finally:
            await _ended(command, watch)
            if self._resync is not None:
                await self._resync()

    async def _run(self, params: RunShellParameters, place: Place, context: Context) -> Finished:
        return await run(
            limited([self._shell, "-c", params.command], self._file_limit),
            cwd=place.path,
            env=child_environment(context.environment, ENVIRONMENT),
            timeout=params.timeout,
            on_output=Streaming(context.stream).take,
            head=END,
            tail=END,
            spill=await asyncio.to_thread(context.spill.path, context.item_id),
            sandbox=self._sandbox,
        )

    async def _until_disk_is_full(self, directory: Path) -> None:
        while (await asyncio.to_thread(shutil.disk_usage, directory)).free >= self._free:  # noqa: ASYNC110 - a disk calls nobody
            await asyncio.sleep(_LOOK)

    def _ending(self, finished: Finished, params: RunShellParameters) -> str:
        if finished.timed_out:
            return (
                f"[timed out after {params.timeout} s and was ended with all its children; "
                "a command that waits for input gets none; timeout can be up to 3600]"
            )
        code = finished.exit_code or 0
        if code in (-signal.SIGXFSZ, 128 + signal.SIGXFSZ):
            return f"[ended: a file grew over the limit of {self._file_limit:,} bytes]"
        if code < 0:
            return f"[ended by {signal.Signals(-code).name}]"
        return f"[exit code {code}]"


class Streaming:
    """Passes output on as it comes, up to a limit; the result has the rest."""

    def __init__(self, stream: Callable[[str], None], limit: int = STREAMED) -> None:
        self._stream = stream
        self._left = limit
        self._text = PlainText()

    def take(self, data: bytes) -> None:
        """The next piece."""
        text = self._text.feed(data)[: self._left]
        self._left -= len(text)
        if text:
            self._stream(text)


def limited(command: Sequence[str], file_limit: int) -> list[str]:
    """The command with a limit (bytes) on the files it writes; POSIX counts blocks of 512."""
    return ["/bin/sh", "-c", f'ulimit -f {file_limit // 512}; exec "$@"', "sh", *command]


def system_shell() -> str:
    """The system's bash, else sh; never one that a workspace brings along."""
    found = (f"{directory}/bash" for directory in _DIRECTORIES)
    return next((path for path in found if os.access(path, os.X_OK)), "/bin/sh")


async def _ended(*tasks: "asyncio.Future[Finished] | asyncio.Future[None]") -> None:
    """Cancel what still runs and wait for it: the process tree is gone then."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _output(finished: Finished) -> str:
    if finished.size <= len(finished.output_head) + len(finished.output_tail):
        return plain(finished.output_head + finished.output_tail).rstrip("\n")
    head, tail = to_line_end(plain(finished.output_head)), from_line_start(plain(finished.output_tail))
    where = f"; all of it is in {finished.spill}, read it with read_file" if finished.spill else ""
    return f"{head}\n[… of {finished.size:,} bytes the middle is left out{where} …]\n{tail}".rstrip("\n")
