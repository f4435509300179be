"""`workspace/executeCommand`: all of Dispatch for any LSP client. Each answers at once; none waits for a model."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from dispatch_ls.editor.client import text_at
from dispatch_ls.editor.diagnostics import problem_of
from dispatch_ls.editor.documents import Documents
from dispatch_ls.editor.host import Host
from dispatch_ls.editor.jsonrpc import INVALID_PARAMS, Json, RpcError
from dispatch_ls.editor.requests import validated
from dispatch_ls.editor.transcript import save, transcript, tree_text
from dispatch_ls.protocol.base import JsonObject, new_id
from dispatch_ls.protocol.errors import Invalid, NotFound
from dispatch_ls.protocol.items import Content, DiagnosticContent, TextContent
from dispatch_ls.protocol.methods import (
    CancelSession,
    ListSessions,
    NewSession,
    OpenSession,
    PermissionReply,
    Prompt,
    QuestionReply,
    TreeOf,
)
from dispatch_ls.protocol.permissions import Question
from dispatch_ls.protocol.sessions import State

FIX = "Fix this problem. Change nothing else."
EXPLAIN = "Explain this problem, and how it could be solved. Change nothing."

RUNNING = (State.RUNNING, State.WAITING, State.WAITING_FOR_KEY)

Arguments = dict[str, Json]


class Commands:
    """The commands of one editor; `show` brings a file before the user's eyes."""

    def __init__(
        self,
        host: Host,
        documents: Documents,
        state: Path,
        show: Callable[[Path], None],
        questions: dict[str, Question],
    ) -> None:
        self._host = host
        self._documents = documents
        self._transcripts = state / "transcripts"
        self._show = show
        self._questions = questions
        self._last: str | None = None
        self._commands: dict[str, tuple[tuple[str, ...], Callable[[Arguments], Awaitable[JsonObject]]]] = {
            "dispatch.chat": (("text", "session"), self._chat),
            "dispatch.fix": (("uri", "diagnostic"), lambda given: self._problem(given, FIX)),
            "dispatch.explain": (("uri", "diagnostic"), lambda given: self._problem(given, EXPLAIN)),
            "dispatch.stop": (("session",), self._stop),
            "dispatch.newSession": (("agent", "model", "title"), self._new),
            "dispatch.openTranscript": (("session",), lambda given: self.open_transcript(text_at(given, "session"))),
            "dispatch.showTree": ((), self._show_tree),
            "dispatch.allow": (("permission", "scope"), lambda given: self._decide(given, "allow")),
            "dispatch.deny": (("permission", "scope"), lambda given: self._decide(given, "deny")),
        }

    async def execute(self, params: Json) -> JsonObject:
        """Run one command: arguments by position, or one object with their names."""
        name = text_at(params, "command") or ""
        if name not in self._commands:
            raise RpcError(INVALID_PARAMS, f"There is no command {name[:100]}.")
        names, run = self._commands[name]
        return await run(_arguments(params, names))

    async def open_transcript(self, session_id: str | None) -> JsonObject:
        """Write a session's transcript and show it."""
        wanted = session_id or self._last or await self._newest()
        snapshot = await self._host.open(OpenSession(session_id=wanted))
        return await self._shown(wanted, await asyncio.to_thread(transcript, snapshot))

    async def _chat(self, given: Arguments) -> JsonObject:
        text = _required(given, "text")
        session_id = text_at(given, "session") or self._last or await self._idle()
        if question := self._questions.get(session_id):
            await self._host.reply_question(QuestionReply(question_id=question.question_id, answer=text))
            return {"sessionId": session_id}
        return await self._prompt(session_id, [TextContent(text=text)])

    async def _problem(self, given: Arguments, text: str) -> JsonObject:
        uri = _required(given, "uri")
        problem = problem_of(uri, given.get("diagnostic"), self._documents.text(uri))
        return await self._prompt(await self._idle(), [DiagnosticContent(problem=problem), TextContent(text=text)])

    async def _stop(self, given: Arguments) -> JsonObject:
        named = text_at(given, "session")
        sessions = [named] if named else await self._running_roots()
        for session_id in sessions:
            await self._host.cancel(CancelSession(session_id=session_id, scope="tree"))
        return {"stopped": list(sessions)}

    async def _new(self, given: Arguments) -> JsonObject:
        made = await self._host.new(validated(NewSession, dict(given)))
        self._last = made.session_id
        return made.wire()

    async def _show_tree(self, given: Arguments) -> JsonObject:
        del given
        tree = await self._host.tree(TreeOf())
        return {**await self._shown("agents", tree_text(tree)), "tree": tree.wire()}

    async def _decide(self, given: Arguments, decision: str) -> JsonObject:
        permission_id = text_at(given, "permission") or await self._oldest_permission()
        scope = text_at(given, "scope") or "once"
        reply = validated(PermissionReply, {"permissionId": permission_id, "decision": decision, "scope": scope})
        accepted = await self._host.reply_permission(reply)
        return {"permissionId": permission_id, "accepted": accepted.accepted}

    async def _prompt(self, session_id: str, content: list[Content]) -> JsonObject:
        message_id = new_id("msg")
        await self._host.prompt(Prompt(session_id=session_id, message_id=message_id, content=content))
        self._last = session_id
        return {"sessionId": session_id, "messageId": message_id}

    async def _shown(self, name: str, text: str) -> JsonObject:
        file = await asyncio.to_thread(save, self._transcripts, name, text)
        self._show(file)
        return {"uri": file.as_uri()}

    async def _idle(self) -> str:
        """The session that was used last and rests; a fresh one where none does."""
        page = await self._host.list_sessions(ListSessions())
        idle = [one for one in page.sessions if one.state not in RUNNING and one.parent_id is None]
        return idle[0].session_id if idle else (await self._host.new(NewSession())).session_id

    async def _newest(self) -> str:
        page = await self._host.list_sessions(ListSessions(limit=1))
        if not page.sessions:
            raise NotFound("There is no session yet.")
        return page.sessions[0].session_id

    async def _running_roots(self) -> list[str]:
        tree = await self._host.tree(TreeOf())
        return [one.session_id for one in tree.sessions if one.parent_id is None and one.state in RUNNING]

    async def _oldest_permission(self) -> str:
        waiting = (await self._host.permissions()).permissions
        if not waiting:
            raise Invalid("No agent waits for a permission.")
        return waiting[0].permission_id


def _arguments(params: Json, names: tuple[str, ...]) -> Arguments:
    given = params.get("arguments") if isinstance(params, dict) else None
    if not isinstance(given, list):
        return {}
    if len(given) == 1 and isinstance(given[0], dict):
        return {name: given[0][name] for name in names if name in given[0]}
    return dict(zip(names, given, strict=False))


def _required(given: Arguments, name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str) or not value.strip():
        raise RpcError(INVALID_PARAMS, f"{name}: a text is needed.")
    return value
