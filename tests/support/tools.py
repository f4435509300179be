"""A session's desk for tests of tools: real files and processes, with hand-made ends at the ports."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import JsonValue

from dispatch_ls.permissions.access import Access
from dispatch_ls.protocol.errors import Denied
from dispatch_ls.protocol.items import CallStatus
from dispatch_ls.tools.buffers import Buffer
from dispatch_ls.tools.changing import Changing
from dispatch_ls.tools.checking import Verdict
from dispatch_ls.tools.context import Context
from dispatch_ls.tools.cut import Spill
from dispatch_ls.tools.edit_file import EditFile
from dispatch_ls.tools.files import Files
from dispatch_ls.tools.list_files import ListFiles
from dispatch_ls.tools.read_file import ReadFile
from dispatch_ls.tools.read_file_slice import ReadFileSlice
from dispatch_ls.tools.reading import Readings
from dispatch_ls.tools.run_shell import RunShell
from dispatch_ls.tools.toolbox import Outcome, Toolbox
from dispatch_ls.tools.write_file import WriteFile


@dataclass
class Says:
    """A gate that says yes inside the workspace, and outside of it whatever it is told to say."""

    workspace: Path
    outside: bool = False
    inside: bool = True
    asked: list[Access] = field(default_factory=list)
    meanwhile: Callable[[], None] = lambda: None

    async def check(self, access: Access) -> None:
        self.asked.append(access)
        self.meanwhile()
        within = all(path.is_relative_to(self.workspace) for path in access.paths)
        if not (self.inside if within else self.outside):
            raise Denied(f"The user denied {access.operation} of {access.target}.")


@dataclass
class Editor:
    """The open files of an editor; `refuse` makes it refuse changes."""

    opened: dict[Path, Buffer] = field(default_factory=dict)
    refuse: bool = False
    on_apply: Callable[[], None] = lambda: None

    def text_of(self, path: Path) -> Buffer | None:
        return self.opened.get(path)

    async def apply(self, path: Path, text: str, version: int) -> bool:
        self.on_apply()
        if self.refuse or self.opened[path].version != version:
            return False
        self.opened[path] = Buffer(text, version + 1, dirty=True)
        return True


@dataclass
class Check:
    """A check at the port to the language servers: gives the verdict it was made with."""

    verdict_: Verdict
    told: list[str]

    async def written(self, text: str) -> None:
        self.told.append(text)

    async def verdict(self) -> Verdict:
        return self.verdict_


@dataclass
class Servers:
    """The port to the language servers."""

    verdict: Verdict = field(default_factory=lambda: Verdict(None, ""))
    told: list[str] = field(default_factory=list)
    resyncs: int = 0

    async def before(self, path: Path) -> Check:
        return Check(self.verdict, self.told)

    async def resync(self) -> None:
        self.resyncs += 1


class Desk:
    """A workspace in a temporary directory with all tools, for one session."""

    def __init__(self, directory: Path) -> None:
        self.workspace = Path(os.path.realpath(directory)) / "ws"
        self.workspace.mkdir()
        self.outside = self.workspace.parent
        self.gate = Says(self.workspace)
        self.editor = Editor()
        self.servers = Servers()
        self.streamed: list[str] = []
        self.shell = RunShell(self.servers.resync)
        changing = Changing(self.servers)
        self.toolbox = Toolbox(
            [ReadFile(), ReadFileSlice(), ListFiles(), WriteFile(changing), EditFile(changing), self.shell]
        )
        self.context = Context(
            session_id="ses_1",
            item_id="item_1",
            workspace=self.workspace,
            directory=self.workspace,
            files=Files(self.editor),
            readings=Readings(),
            gate=self.gate,
            spill=Spill(directory / "state" / "ses_1"),
            environment=dict(os.environ),
            stream=self.streamed.append,
        )

    def path(self, name: str) -> Path:
        return self.workspace / name

    def put(self, name: str, data: bytes | str) -> Path:
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return path

    async def call(self, tool: str, /, **arguments: JsonValue) -> Outcome:
        return await self.toolbox.call(tool, json.dumps(arguments), self.context)

    async def done(self, tool: str, /, **arguments: JsonValue) -> str:
        outcome = await self.call(tool, **arguments)
        assert outcome.status is CallStatus.COMPLETED, outcome.output
        return outcome.output

    async def failed(self, tool: str, /, **arguments: JsonValue) -> str:
        outcome = await self.call(tool, **arguments)
        assert outcome.status is CallStatus.FAILED, outcome
        return outcome.output

    def with_context(self, **changes: object) -> "Desk":
        self.context = replace(self.context, **changes)  # type: ignore[arg-type]  # names are checked at run time
        return self
