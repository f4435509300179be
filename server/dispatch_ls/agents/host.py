"""The host: what a client can ask of the agents of one workspace (shared protocol, "Requests")."""

import asyncio
from collections import Counter
from pathlib import Path

from dispatch_ls.agents import drafts
from dispatch_ls.agents.live import Live
from dispatch_ls.agents.lives import Lives
from dispatch_ls.agents.runner import Runner
from dispatch_ls.agents.services import Services
from dispatch_ls.protocol import methods as m
from dispatch_ls.protocol.base import new_id, now
from dispatch_ls.protocol.errors import Invalid
from dispatch_ls.protocol.sessions import QueuedMessage, Session


class Host:
    """Sessions and their turns. Every method is one request of the wire, and answers once what it did is on disk."""

    def __init__(self, services: Services, lives: Lives) -> None:
        self._services = services
        self._store = services.store
        self._lives = lives
        self._runner = Runner(services)

    async def resume(self) -> None:
        """Take up the turns that an earlier server left waiting for the user."""
        for suspended in self._store.suspended:
            self._services.answers.adopt(suspended.permissions)
            live = await self._lives.get(self._store, suspended.session_id)
            await self._runner.resume(live, suspended.turn_id)

    async def new(self, wanted: m.NewSession) -> m.SessionRef:
        """Begin a conversation."""
        agent = await self._services.definitions.get(wanted.agent)
        session_id, time = new_id("ses"), now()
        await self._store.create(
            Session(
                session_id=session_id,
                root_id=session_id,
                agent=agent.name,
                model=wanted.model,
                effort=wanted.effort,
                title=wanted.title or "",
                directory=str(await asyncio.to_thread(self._directory, wanted.directory or agent.directory)),
                created_at=time,
                updated_at=time,
            )
        )
        return m.SessionRef(session_id=session_id)

    async def list_sessions(self, wanted: m.ListSessions) -> m.SessionList:
        """A page of conversations, newest first."""
        return await self._store.list(wanted)

    async def open(self, wanted: m.OpenSession) -> m.Snapshot:
        """All of a conversation, or what is newer than `after`, as of one moment."""
        live = self._lives.known(wanted.session_id)
        if live is None or not live.streaming:
            return await self._store.snapshot(wanted.session_id, wanted.after)
        live.flush()
        # as of now: what streams from here on is told after the snapshot, which holds all that came before
        in_flight = live.in_flight()
        await self._store.flush()
        snapshot = await self._store.snapshot(wanted.session_id, wanted.after)
        return snapshot.model_copy(update={"in_flight": in_flight})

    async def prompt(self, wanted: m.Prompt) -> m.Prompted:
        """Give the agent a message; it starts a turn, or waits for the next tool boundary or the turn's end."""
        live = await self._lives.get(self._store, wanted.session_id)
        async with live.lock:
            if await self._store.message_known(wanted.session_id, wanted.message_id):
                return _already(live, wanted)
            if wanted.model or wanted.effort:
                live.journal.log(drafts.header(model=wanted.model, effort=wanted.effort))
            message = QueuedMessage(
                message_id=wanted.message_id,
                content=wanted.content,
                delivery="queue" if wanted.delivery == "queue" else "steer",
            )
            if live.running:
                return await self._queue(live, message)
            held = live.mailbox.copy()
            first = [*held.take_all(), message]
            before = [held.changed()] if len(first) > 1 else []
            turn_id = await self._runner.start(live, first, before)
            live.mailbox = held
            return m.Prompted(disposition="started", turn_id=turn_id)

    async def cancel(self, wanted: m.CancelSession) -> m.Empty:
        """Stop what the session is doing; answers once it has stopped."""
        live = await self._lives.get(self._store, wanted.session_id)
        await self._runner.cancel(live)
        return m.Empty()

    async def update(self, wanted: m.UpdateSession) -> m.Empty:
        """Change title, model, effort or agent; from the next step on."""
        live = await self._lives.get(self._store, wanted.session_id)
        if wanted.agent is not None:
            await self._services.definitions.get(wanted.agent)
        if wanted.model is not None:
            await self._services.catalogue.resolve(wanted.model)
        await live.journal.log(
            drafts.header(title=wanted.title, model=wanted.model, effort=wanted.effort, agent=wanted.agent)
        )
        return m.Empty()

    async def tree(self, wanted: m.TreeOf) -> m.Tree:
        """Sessions, parents first, and how many are in which state or wait for the user."""
        sessions = await self._store.tree(wanted.root_id)
        counts = Counter(session.state.value for session in sessions)
        counts["permissions"] = len(self._services.answers.permissions())
        counts["questions"] = len(self._services.answers.questions())
        return m.Tree(sessions=sessions, counts=counts)

    async def remove_queued(self, wanted: m.RemoveQueued) -> m.Removed:
        """Take back a message that still waits."""
        live = await self._lives.get(self._store, wanted.session_id)
        async with live.lock:
            rest = live.mailbox.copy()
            changed = rest.remove(wanted.message_id)
            if changed is None:
                return m.Removed(removed=False)
            await live.journal.log(changed)
            live.mailbox = rest
            return m.Removed(removed=True)

    async def permissions(self) -> m.PermissionList:
        """What waits for the user's permission, in the whole workspace."""
        return m.PermissionList(permissions=self._services.answers.permissions())

    async def permission_log(self, wanted: m.PermissionLogQuery) -> m.PermissionLog:
        """What was decided by whom or which rule, newest first."""
        return await self._store.permission_log(wanted)

    async def reply_permission(self, reply: m.PermissionReply) -> m.Accepted:
        """The user's answer to a request."""
        return m.Accepted(accepted=await self._services.answers.reply(reply))

    async def reply_question(self, reply: m.QuestionReply) -> m.Accepted:
        """The user's answer to a question."""
        return m.Accepted(accepted=await self._services.answers.reply_question(reply))

    async def read_blob(self, wanted: m.ReadBlob) -> m.BlobPart:
        """A piece of a long value."""
        return await self._store.read_blob(wanted)

    async def close(self) -> None:
        """End every turn: what they did so far is in the log, and one that waits for a permission goes on next time."""
        for permission in self._services.answers.permissions():
            self._lives.journal(self._store, permission.session_id).mute()
        await asyncio.gather(*(self._runner.cancel(live) for live in self._lives.running()))

    async def _queue(self, live: Live, message: QueuedMessage) -> m.Prompted:
        longer = live.mailbox.copy()
        await live.journal.log(longer.put(message))
        live.mailbox = longer
        disposition = "queued" if message.delivery == "queue" else "steered"
        return m.Prompted(disposition=disposition, turn_id=live.turn_id)

    def _directory(self, wanted: str) -> Path:
        workspace = self._services.workspace
        directory = (workspace / wanted).resolve()
        if not directory.is_relative_to(workspace) or not directory.is_dir():
            raise Invalid(f"{wanted} is not a directory of the workspace")
        return directory


def _already(live: Live, wanted: m.Prompt) -> m.Prompted:
    """What became of a message that was sent before."""
    for message in live.mailbox.queue:
        if message.message_id == wanted.message_id:
            return m.Prompted(disposition="queued" if message.delivery == "queue" else "steered", turn_id=live.turn_id)
    return m.Prompted(disposition="started", turn_id=live.turn_id)
