"""A progress bar for each running agent, with cancel, for editors without a view of their own."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from dispatch_ls.editor.jsonrpc import Json, RpcError
from dispatch_ls.editor.outgoing import Weight
from dispatch_ls.editor.rpc import Rpc

_log = logging.getLogger(__name__)


class Progress:
    """One bar a session; `stop` is called with the session when the user cancels its bar."""

    def __init__(self, rpc: Rpc, stop: Callable[[str], Awaitable[None]]) -> None:
        self._rpc = rpc
        self._stop = stop
        self._bars: dict[str, _Bar] = {}
        self._stopping: set[asyncio.Task[None]] = set()
        self._count = 0

    def begin(self, session_id: str, title: str) -> None:
        """An agent has started on something."""
        self.end(session_id, "")
        self._count += 1
        self._bars[session_id] = _Bar(self._rpc, f"dispatch/{self._count}", title)

    def report(self, session_id: str, message: str) -> None:
        """What it does now."""
        if bar := self._bars.get(session_id):
            bar.report(message)

    def end(self, session_id: str, message: str) -> None:
        """It is done."""
        if bar := self._bars.pop(session_id, None):
            bar.end(message)

    def cancelled(self, params: Json) -> None:
        """`window/workDoneProgress/cancel`."""
        token = params.get("token") if isinstance(params, dict) else None
        for session_id, bar in self._bars.items():
            if bar.token == token:
                task = asyncio.get_running_loop().create_task(self._stop_quietly(session_id))
                self._stopping.add(task)
                task.add_done_callback(self._stopping.discard)

    async def close(self) -> None:
        """Remove all bars."""
        tasks = [*self._stopping, *(bar.task for bar in self._bars.values())]
        for session_id in list(self._bars):
            self.end(session_id, "")
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _stop_quietly(self, session_id: str) -> None:
        try:
            await self._stop(session_id)
        except Exception:
            _log.exception("stopping a session failed")


class _Bar:
    """Exists for the editor once it has agreed to the token; an editor that does not has none."""

    def __init__(self, rpc: Rpc, token: str, title: str) -> None:
        self.token = token
        self._rpc = rpc
        self._title = title
        self._message = ""
        self._shown = False
        self._ended = False
        self.task = asyncio.get_running_loop().create_task(self._create())

    def report(self, message: str) -> None:
        self._message = message
        if self._shown:
            self._tell({"kind": "report", "message": message}, Weight.DROPPABLE)

    def end(self, message: str) -> None:
        self._ended = True
        if self._shown:
            self._tell({"kind": "end", "message": message})

    async def _create(self) -> None:
        try:
            await self._rpc.ask("window/workDoneProgress/create", {"token": self.token})
        except RpcError as error:
            _log.info("the editor shows no progress: %s", error)
            return
        if not self._ended:
            self._shown = True
            self._tell({"kind": "begin", "title": self._title, "message": self._message, "cancellable": True})

    def _tell(self, value: dict[str, Json], weight: Weight = Weight.KEEP) -> None:
        self._rpc.tell("$/progress", {"token": self.token, "value": value}, weight)
