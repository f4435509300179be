"""Permissions and questions for editors without a view of their own: one `window/showMessageRequest` at a time."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from dispatch_ls.editor.client import text_at
from dispatch_ls.editor.host import Host
from dispatch_ls.editor.jsonrpc import Json, RpcError
from dispatch_ls.editor.rpc import Rpc
from dispatch_ls.protocol.errors import DispatchError
from dispatch_ls.protocol.methods import PermissionReply, QuestionReply
from dispatch_ls.protocol.permissions import Permission, Question

WARNING, INFO = 2, 3
"""LSP's `MessageType`."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the user is shown, and what each button does."""

    kind: int
    text: str
    choices: dict[str, Callable[[], Awaitable[object]]]


class Asking:
    """A queue. What the user waves away stays open, and is shown again with the next request or by a command."""

    def __init__(self, rpc: Rpc, host: Host) -> None:
        self._rpc = rpc
        self._host = host
        self._open: dict[str, _Asked] = {}
        self._put_off: set[str] = set()
        self._shown: str | None = None
        self._task: asyncio.Task[None] | None = None

    def permission(self, permission: Permission) -> None:
        """Ask for a permission."""
        choices: dict[str, Callable[[], Awaitable[object]]] = {}
        for option in permission.options:
            reply = PermissionReply(
                permission_id=permission.permission_id, decision=option.decision, scope=option.scope
            )
            choices[_distinct(option.label, choices)] = partial(self._host.reply_permission, reply)
        text = f"{permission.title}\n{permission.target}" + (f"\n{permission.reason}" if permission.reason else "")
        self._add(permission.permission_id, _Asked(WARNING, text, choices))

    def question(self, question: Question) -> None:
        """Ask a question; one without choices is shown only, `dispatch.chat` answers it."""
        if not question.choices:
            text = f"{question.text}\n(Answer with the command dispatch.chat.)"
            self._rpc.notify("window/showMessage", {"type": INFO, "message": text})
            return
        choices: dict[str, Callable[[], Awaitable[object]]] = {}
        for choice in question.choices:
            reply = QuestionReply(question_id=question.question_id, answer=choice)
            choices[_distinct(choice, choices)] = partial(self._host.reply_question, reply)
        self._add(question.question_id, _Asked(INFO, question.text, choices))

    def resolved(self, asked_id: str) -> None:
        """Somebody decided: take it off the screen."""
        self._open.pop(asked_id, None)
        self._put_off.discard(asked_id)
        if self._shown == asked_id and self._task:
            self._task.cancel()

    async def close(self) -> None:
        """Take everything off the screen."""
        self._open.clear()
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _add(self, asked_id: str, asked: _Asked) -> None:
        if asked_id in self._open:
            return
        self._open[asked_id] = asked
        # what is on the screen now is not shown again right after itself
        self._put_off &= {self._shown or ""}
        if self._task is None:
            self._next()

    def _next(self) -> None:
        self._task = None
        self._shown = next((asked_id for asked_id in self._open if asked_id not in self._put_off), None)
        if self._shown is not None:
            self._task = asyncio.get_running_loop().create_task(self._show(self._shown, self._open[self._shown]))
            self._task.add_done_callback(lambda _: self._next())

    async def _show(self, asked_id: str, asked: _Asked) -> None:
        # whatever comes of it, it is not shown twice by itself
        self._put_off.add(asked_id)
        actions: list[Json] = [{"title": title} for title in asked.choices]
        try:
            answer = await self._rpc.ask(
                "window/showMessageRequest", {"type": asked.kind, "message": asked.text, "actions": actions}
            )
            chosen = asked.choices.get(text_at(answer, "title") or "")
            if chosen:
                await chosen()
        except (RpcError, DispatchError) as error:
            _log.warning("an answer did not count: %s", error)
        except Exception:
            _log.exception("asking the user failed")


def _distinct(title: str, taken: dict[str, Callable[[], Awaitable[object]]]) -> str:
    """Editors answer with the title alone."""
    while title in taken:
        title += " "
    return title
