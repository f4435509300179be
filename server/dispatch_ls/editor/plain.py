"""News for an editor that speaks nothing but LSP: progress bars, requests with buttons, and a message at the end."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from dispatch_ls.editor.asking import INFO, WARNING, Asking
from dispatch_ls.editor.client import Client, text_at
from dispatch_ls.editor.host import Host
from dispatch_ls.editor.jsonrpc import Json, RpcError
from dispatch_ls.editor.progress import Progress
from dispatch_ls.editor.rpc import Rpc
from dispatch_ls.protocol.base import JsonObject
from dispatch_ls.protocol.events import Delta, Event, Events, EventType
from dispatch_ls.protocol.methods import CancelSession
from dispatch_ls.protocol.permissions import Permission, PermissionOutcome, Question

SHORT = 300
"""Characters of an answer that fit a message; the transcript has the rest."""

OPEN_TRANSCRIPT = "Open transcript"

_log = logging.getLogger(__name__)


class PlainNews:
    """The `Tell` of a plain LSP client: it never gets a custom message."""

    def __init__(self, rpc: Rpc, client: Client, show_transcript: Callable[[str], Awaitable[object]]) -> None:
        self._rpc = rpc
        self._client = client
        self._show_transcript = show_transcript
        self._asking: Asking | None = None
        self._progress: Progress | None = None
        self._titles: dict[str, str] = {}
        self._children: set[str] = set()
        self._answers: dict[str, str] = {}
        self._messages: set[asyncio.Task[None]] = set()
        self.questions: dict[str, Question] = {}
        """Open questions without choices, by session: the next chat message answers them."""

    async def serve(self, host: Host) -> None:
        """Where answers and cancels go; what an earlier server left open is asked again."""
        self._asking = Asking(self._rpc, host)

        async def stop(session_id: str) -> None:
            await host.cancel(CancelSession(session_id=session_id))

        if self._client.shows_progress:
            self._progress = Progress(self._rpc, stop)
        for permission in (await host.permissions()).permissions:
            self._asking.permission(permission)

    def tell(self, news: Events | Delta) -> None:
        """Take one piece of news."""
        if isinstance(news, Delta):
            return
        for event in news.events:
            try:
                self._take(news.session_id, event)
            except Exception:
                _log.exception("event %s could not be shown", event.type)

    def progress_cancelled(self, params: Json) -> None:
        """`window/workDoneProgress/cancel`."""
        if self._progress:
            self._progress.cancelled(params)

    async def close(self) -> None:
        """Take everything off the screen."""
        for task in self._messages:
            task.cancel()
        await asyncio.gather(*self._messages, return_exceptions=True)
        if self._asking:
            await self._asking.close()
        if self._progress:
            await self._progress.close()

    def _take(self, session_id: str, event: Event) -> None:
        takers: dict[str, Callable[[str, JsonObject], None]] = {
            EventType.SESSION_CREATED: self._session,
            EventType.SESSION_UPDATED: self._session,
            EventType.TURN_STARTED: self._turn_started,
            EventType.TURN_ENDED: self._turn_ended,
            EventType.ITEM_UPDATED: self._item,
            EventType.ITEM_COMPLETED: self._item,
            EventType.PERMISSION_REQUESTED: self._permission,
            EventType.PERMISSION_RESOLVED: self._permission_resolved,
            EventType.QUESTION_ASKED: self._question,
            EventType.QUESTION_RESOLVED: self._question_resolved,
        }
        if take := takers.get(event.type):
            take(session_id, event.data)

    def _session(self, session_id: str, data: JsonObject) -> None:
        if title := text_at(data, "title"):
            self._titles[session_id] = title
        if data.get("parentId"):
            self._children.add(session_id)

    def _turn_started(self, session_id: str, data: JsonObject) -> None:
        del data
        self._answers.pop(session_id, None)
        if self._progress:
            self._progress.begin(session_id, f"Dispatch: {self._titles.get(session_id) or 'working'}")

    def _item(self, session_id: str, data: JsonObject) -> None:
        if data.get("role") == "assistant" and (text := text_at(data, "text")):
            self._answers[session_id] = text
        if self._progress and (title := text_at(data, "title")):
            self._progress.report(session_id, title)

    def _turn_ended(self, session_id: str, data: JsonObject) -> None:
        reason = text_at(data, "stopReason") or "ended"
        if self._progress:
            self._progress.end(session_id, reason)
        answer = self._answers.pop(session_id, "")
        error = text_at(data, "error")
        if session_id not in self._children and reason != "cancelled" and (error or answer):
            task = asyncio.get_running_loop().create_task(self._message(session_id, error, answer))
            self._messages.add(task)
            task.add_done_callback(self._messages.discard)

    async def _message(self, session_id: str, error: str | None, answer: str) -> None:
        text = error or (answer if len(answer) <= SHORT else answer[:SHORT] + "…")
        params: JsonObject = {"type": WARNING if error else INFO, "message": f"Dispatch: {text}"}
        if not self._client.shows_documents:
            self._rpc.notify("window/showMessage", params)
            return
        try:
            chosen = await self._rpc.ask(
                "window/showMessageRequest", {**params, "actions": [{"title": OPEN_TRANSCRIPT}]}
            )
            if text_at(chosen, "title") == OPEN_TRANSCRIPT:
                await self._show_transcript(session_id)
        except RpcError as refused:
            _log.info("the editor did not show an answer: %s", refused)
        except Exception:
            _log.exception("a transcript could not be shown")

    def _permission(self, session_id: str, data: JsonObject) -> None:
        del session_id
        if self._asking:
            self._asking.permission(Permission.model_validate(data))

    def _permission_resolved(self, session_id: str, data: JsonObject) -> None:
        del session_id
        if self._asking:
            self._asking.resolved(PermissionOutcome.model_validate(data).permission_id)

    def _question(self, session_id: str, data: JsonObject) -> None:
        question = Question.model_validate(data)
        if not question.choices:
            self.questions[session_id] = question
        if self._asking:
            self._asking.question(question)

    def _question_resolved(self, session_id: str, data: JsonObject) -> None:
        question_id = text_at(data, "questionId") or ""
        if (open_one := self.questions.get(session_id)) and open_one.question_id == question_id:
            del self.questions[session_id]
        if self._asking:
            self._asking.resolved(question_id)
