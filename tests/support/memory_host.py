"""A host without rooms behind it: sessions are lists of events, a turn does what its prompt's first word says."""

import asyncio
from pathlib import Path
from typing import Any

from dispatch_ls.protocol import methods as m
from dispatch_ls.protocol.base import JsonObject, new_id, now
from dispatch_ls.protocol.errors import Busy, NotFound
from dispatch_ls.protocol.events import Delta, Event, Events
from dispatch_ls.protocol.items import DiagnosticContent, TextContent
from dispatch_ls.protocol.permissions import Decision, Operation, Permission, PermissionOption, Question, Scope
from dispatch_ls.protocol.sessions import Session, State

SECRET = "sk-test-0123456789abcdef"
"""Must reach neither an editor nor a log."""


class MemoryHost:
    """Satisfies `editor.host.Host`."""

    notices = ()

    def __init__(self, workspace: Path, trusted: bool | None, settings: Any, tell: Any, buffers: Any) -> None:
        self.workspace = workspace
        self.trusted = trusted
        self.settings = settings
        self._tell = tell
        self._buffers = buffers
        self._sessions: dict[str, Session] = {}
        self._events: dict[str, list[Event]] = {}
        self._permissions: dict[str, tuple[Permission, asyncio.Future[m.PermissionReply]]] = {}
        self._questions: dict[str, tuple[Question, asyncio.Future[str]]] = {}
        self._turns: dict[str, asyncio.Task[None]] = {}
        self.overlay: list[str] = []

    # Sessions

    async def new(self, params: m.NewSession) -> m.SessionRef:
        return self._create(params.title or "", None)

    def _create(self, title: str, parent: str | None) -> m.SessionRef:
        session_id = new_id("ses")
        root = self._sessions[parent].root_id if parent else session_id
        session = Session(
            session_id=session_id,
            parent_id=parent,
            root_id=root,
            depth=1 if parent else 0,
            agent="main",
            title=title,
            directory=str(self.workspace),
            created_at=now(),
            updated_at=now(),
        )
        self._sessions[session_id] = session
        self._events[session_id] = []
        self._log(session_id, "session.created", session.wire())
        return m.SessionRef(session_id=session_id)

    async def list_sessions(self, params: m.ListSessions) -> m.SessionList:
        return m.SessionList(sessions=list(self._sessions.values())[::-1][: params.limit])

    async def open(self, params: m.OpenSession) -> m.Snapshot:
        session = self._named(params.session_id)
        # the turn may go on while a real store reads
        await asyncio.sleep(0)
        events = self._events[params.session_id]
        snapshot = m.Snapshot(
            session=session,
            seq=len(events),
            events=events[params.after :],
            in_flight=[],
            queue=[],
            todos=[],
            permissions=[one for one, _ in self._permissions.values() if one.session_id == params.session_id],
            questions=[one for one, _ in self._questions.values() if one.session_id == params.session_id],
        )
        await asyncio.sleep(0)
        return snapshot

    async def prompt(self, params: m.Prompt) -> m.Prompted:
        self._named(params.session_id)
        word, *rest = _text(params).split()
        if word == "crash":
            raise RuntimeError(f"request with {SECRET} failed in {__file__}")
        if word == "busy":
            raise Busy(f"another server holds this workspace ({SECRET})")
        if word == "hang":
            await asyncio.Event().wait()
        turn = asyncio.ensure_future(self._turn(params.session_id, word, rest, params))
        self._turns[params.session_id] = turn
        return m.Prompted(disposition="started", turn_id="turn_1")

    async def cancel(self, params: m.CancelSession) -> None:
        if turn := self._turns.get(params.session_id):
            turn.cancel()
            await asyncio.gather(turn, return_exceptions=True)

    async def update(self, params: m.UpdateSession) -> None:
        self._sessions[params.session_id] = self._named(params.session_id).model_copy(
            update={"title": params.title or ""}
        )
        self._log(params.session_id, "session.updated", {"title": params.title})

    async def tree(self, params: m.TreeOf) -> m.Tree:
        del params
        return m.Tree(sessions=list(self._sessions.values()), counts={"permissions": len(self._permissions)})

    async def remove_queued(self, params: m.RemoveQueued) -> m.Removed:
        self._named(params.session_id)
        return m.Removed(removed=False)

    # Turns

    async def _turn(self, session_id: str, word: str, rest: list[str], params: m.Prompt) -> None:
        self._state(session_id, State.RUNNING)
        self._log(session_id, "turn.started", {"messageIds": [params.message_id]})
        stop = "cancelled"
        try:
            await getattr(self, f"_do_{word}")(session_id, *rest)
            stop = "end_turn"
        finally:
            self._log(session_id, "turn.ended", {"stopReason": stop})
            self._state(session_id, State.IDLE)
            await self._report_end()

    async def _report_end(self) -> None:
        """To a test whose client does not read: through a named pipe that it has made."""
        pipe = self.workspace / "ended"
        if pipe.is_fifo():
            await asyncio.to_thread(pipe.write_text, "ended")

    async def _do_say(self, session_id: str, *words: str) -> None:
        """Stream the words one by one, then complete the message."""
        text, item = "", new_id("itm")
        self._log(session_id, "item.updated", {"kind": "message", "role": "assistant", "text": ""}, item)
        for word in words:
            offset = len(text.encode("utf-16-le")) // 2
            self._tell.tell(Delta(session_id=session_id, item_id=item, field="text", offset=offset, text=word))
            text += word
            await asyncio.sleep(0)
        self._log(
            session_id,
            "item.completed",
            {"kind": "message", "role": "assistant", "text": text, "replay": {"signature": "private"}},
            item,
        )

    async def _do_stream(self, session_id: str, count: str, size: str) -> None:
        """As `say`, with many equal pieces."""
        await self._do_say(session_id, *["x" * int(size)] * int(count))

    async def _do_flood(self, session_id: str, count: str, size: str) -> None:
        """Log many events."""
        for number in range(int(count)):
            self._log(session_id, "item.completed", {"kind": "notice", "text": "x" * int(size)}, f"itm_{number}")
            await asyncio.sleep(0)

    async def _do_wait(self, session_id: str) -> None:
        """Never end by itself."""
        self._log(session_id, "item.updated", {"kind": "tool_call", "tool": "run", "title": "Waiting"}, new_id("itm"))
        await asyncio.Event().wait()

    async def _do_print(self, session_id: str) -> None:
        """Write where nothing may be written, here and in a child."""
        print("noise from the server", flush=True)
        child = await asyncio.create_subprocess_exec("echo", "noise from a child")
        await child.wait()
        await self._do_say(session_id, "done")

    async def _do_child(self, session_id: str, *words: str) -> None:
        """Say something in a child session, then repeat it."""
        await self._do_say(self._create("child", session_id).session_id, *words)
        await self._do_say(session_id, *words)

    async def _do_permission(self, session_id: str, target: str) -> None:
        permission = Permission(
            permission_id=new_id("per"),
            session_id=session_id,
            item_id="itm_1",
            operation=Operation.WRITE,
            target=target,
            title="Write a file",
            reason="",
            options=[
                PermissionOption(decision=Decision.ALLOW, scope=Scope.ONCE, label="Allow once"),
                PermissionOption(decision=Decision.DENY, scope=Scope.ONCE, label="Deny"),
            ],
        )
        future: asyncio.Future[m.PermissionReply] = asyncio.get_running_loop().create_future()
        self._permissions[permission.permission_id] = (permission, future)
        self._log(session_id, "permission.requested", permission.wire())
        reply = await future
        self._log(
            session_id,
            "permission.resolved",
            {**permission.wire(), "decision": str(reply.decision), "scope": str(reply.scope), "by": "user"},
        )
        await self._do_say(session_id, str(reply.decision))

    async def _do_ask(self, session_id: str, *choices: str) -> None:
        question = Question(
            question_id=new_id("que"),
            session_id=session_id,
            item_id="itm_1",
            text="Which?",
            choices=list(choices) or None,
        )
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._questions[question.question_id] = (question, future)
        self._log(session_id, "question.asked", question.wire())
        answer = await future
        self._log(session_id, "question.resolved", {"questionId": question.question_id, "answer": answer})
        await self._do_say(session_id, answer)

    async def _do_edit(self, session_id: str, name: str, old: str, new: str) -> None:
        """Change an open file through the editor and say what came of it."""
        path = self.workspace / name
        buffer = self._buffers.text_of(path)
        changed = buffer is not None and await self._buffers.apply(path, buffer.text.replace(old, new), buffer.version)
        await self._do_say(session_id, f"applied={changed}dirty={buffer.dirty if buffer else None}")

    async def _do_overlay(self, session_id: str) -> None:
        """Say what the editor has told of its files."""
        await self._do_say(session_id, "|".join(self.overlay))

    # All the rest

    async def reply_permission(self, params: m.PermissionReply) -> m.Accepted:
        entry = self._permissions.pop(params.permission_id, None)
        if entry:
            entry[1].set_result(params)
        return m.Accepted(accepted=entry is not None)

    async def permissions(self) -> m.PermissionList:
        return m.PermissionList(permissions=[permission for permission, _ in self._permissions.values()])

    async def permission_log(self, params: m.PermissionLogQuery) -> m.PermissionLog:
        del params
        return m.PermissionLog(entries=[])

    async def reply_question(self, params: m.QuestionReply) -> m.Accepted:
        entry = self._questions.pop(params.question_id, None)
        if entry:
            entry[1].set_result(params.answer)
        return m.Accepted(accepted=entry is not None)

    async def model_list(self) -> m.ModelList:
        return m.ModelList(models=[])

    async def resolve_model(self, params: m.ResolveModel) -> m.Resolved:
        return m.Resolved(model=params.model or "none", reasons=[])

    async def agent_list(self) -> m.AgentList:
        return m.AgentList(agents=[], default="main")

    async def config(self) -> m.ConfigInForce:
        return m.ConfigInForce(settings=self.settings, files=[], problems=[], trusted=bool(self.trusted))

    async def language_status(self) -> m.LanguageStatus:
        return m.LanguageStatus(servers=[], trusted=bool(self.trusted))

    async def language_diagnostics(self, params: m.DiagnosticsOf) -> m.Problems:
        del params
        return m.Problems(problems=[], answers=[])

    async def restart_language(self, params: m.RestartServer) -> None:
        del params

    async def read_blob(self, params: m.ReadBlob) -> m.BlobPart:
        raise NotFound(f"There is no value {params.blob_id}.")

    async def trust(self, params: m.Trust) -> None:
        self.trusted = params.trusted
        self._tell.tell(
            Events(
                session_id="workspace",
                events=[Event(seq=1, time=now(), type="config.reloaded", data={"files": [], "problems": []})],
            )
        )

    def document_opened(self, uri: str, version: int, text: str) -> None:
        self.overlay.append(f"opened {Path(uri).name} {version} {text!r}")

    def document_changed(self, uri: str, version: int, text: str) -> None:
        self.overlay.append(f"changed {Path(uri).name} {version} {text!r}")

    def document_saved(self, uri: str) -> None:
        self.overlay.append(f"saved {Path(uri).name}")

    def document_closed(self, uri: str) -> None:
        self.overlay.append(f"closed {Path(uri).name}")

    async def close(self) -> None:
        for turn in self._turns.values():
            turn.cancel()
        await asyncio.gather(*self._turns.values(), return_exceptions=True)
        (self.workspace / "closed").touch()

    def _named(self, session_id: str) -> Session:
        if session_id not in self._sessions:
            raise NotFound(f"There is no session {session_id}.")
        return self._sessions[session_id]

    def _state(self, session_id: str, state: State) -> None:
        self._sessions[session_id] = self._sessions[session_id].model_copy(update={"state": state})
        self._log(session_id, "session.updated", {"state": str(state)})

    def _log(self, session_id: str, event_type: str, data: JsonObject, item_id: str | None = None) -> None:
        events = self._events[session_id]
        event = Event(seq=len(events) + 1, time=now(), type=event_type, item_id=item_id, data=data)
        events.append(event)
        self._tell.tell(Events(session_id=session_id, events=[event]))


def _text(params: m.Prompt) -> str:
    problem = next((part for part in params.content if isinstance(part, DiagnosticContent)), None)
    if problem:
        return f"say {problem.problem.line}:{problem.problem.column}:{problem.problem.message}"
    return next(part.text for part in params.content if isinstance(part, TextContent))
