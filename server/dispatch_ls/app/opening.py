"""Opening a workspace: its log first, then what its agents work with."""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from dispatch_ls.agents import drafts
from dispatch_ls.agents.answers import Answers
from dispatch_ls.agents.definition import Definitions
from dispatch_ls.agents.lives import Lives
from dispatch_ls.agents.services import Services
from dispatch_ls.agents.tell import Tell
from dispatch_ls.app.contexts import Contexts
from dispatch_ls.app.reloads import Reloads
from dispatch_ls.app.workspace import Parts, Workspace
from dispatch_ls.config.paths import Paths, project_file
from dispatch_ls.config.secrets import Secrets
from dispatch_ls.config.settings import Settings
from dispatch_ls.config.trust import TrustStore
from dispatch_ls.config.watch import Watched
from dispatch_ls.languages.pool import Languages
from dispatch_ls.languages.publishing import Publish, Publisher
from dispatch_ls.models.catalogue import Catalogue
from dispatch_ls.models.transport import Transport
from dispatch_ls.permissions.gate import Gate
from dispatch_ls.processes.environment import child_environment
from dispatch_ls.processes.run import run
from dispatch_ls.protocol.base import JsonObject, new_id
from dispatch_ls.protocol.events import EventType
from dispatch_ls.protocol.items import NoticeItem
from dispatch_ls.protocol.methods import Snapshot
from dispatch_ls.sessions.store import Store
from dispatch_ls.tools.buffers import Buffers
from dispatch_ls.tools.files import Files
from dispatch_ls.tools.standard import standard_toolbox


async def open_workspace(
    workspace: Path, *, trusted: bool | None, settings: JsonObject, tell: Tell, buffers: Buffers, publish: Publish
) -> Workspace:
    """A workspace ready for requests. Where another server holds its log it can only be read, and says so."""
    workspace = await asyncio.to_thread(workspace.resolve)
    opening = Opening(workspace, os.environ, tell, buffers)
    return await opening.open(trusted, publish, _own_languages(settings))


class Opening:
    """Makes the parts in the order in which they need each other."""

    def __init__(self, workspace: Path, environment: Mapping[str, str], tell: Tell, buffers: Buffers) -> None:
        self._workspace = workspace
        self._environment = environment
        self._buffers = buffers
        self._paths = Paths.of(environment, Path.home())
        self._state = self._paths.workspace_state(workspace)
        self._lives = Lives(tell)

    async def open(self, trusted: bool | None, editor: Publish, own: frozenset[str] | None) -> Workspace:
        """The workspace; turns that an earlier server left waiting for the user have been taken up."""
        store = await Store.open(self._state, on_commit=self._lives.committed)
        trust = TrustStore(self._paths.trust_file)
        kept = await trust.of(self._workspace)
        trusts = kept.trusted if trusted is None else trusted
        languages = Languages(self._workspace, environment=child_environment(self._environment), trusted=trusts)
        reloads = Reloads(store)
        config = Watched(
            self._paths.user_file, project_file(self._workspace), trusted=trusts, on_reload=reloads.reloaded
        )
        await languages.configure((await config.start()).settings.lsp.servers)
        reloads.then.append(lambda settings: languages.configure(settings.lsp.servers))

        def in_force() -> Settings:
            return config.loaded.settings

        transport = Transport()
        host = Workspace(
            self._services(store, in_force, languages, transport, reloads),
            self._lives,
            Parts(
                config=config,
                trust=trust,
                languages=languages,
                publisher=Publisher(languages, editor, lambda: in_force().lsp.publish, own),
                reloads=reloads,
                transport=transport,
                notices=tuple(_notices(store, kept.problem)),
            ),
        )
        await host.resume()
        return host

    def _services(
        self,
        store: Store,
        in_force: Callable[[], Settings],
        languages: Languages,
        transport: Transport,
        reloads: Reloads,
    ) -> Services:
        answers = Answers(lambda session_id: self._lives.journal(store, session_id))
        gate = self._gate(store, in_force, answers)
        reloads.then.append(lambda _: gate.rejudge())
        toolbox = standard_toolbox(languages, self._workspace)
        contexts = Contexts(
            workspace=self._workspace,
            state=self._state,
            files=Files(self._buffers),
            gate=gate,
            environment=child_environment(self._environment),
        )
        return Services(
            workspace=self._workspace,
            store=store,
            tell=self._lives.tell,
            answers=answers,
            catalogue=Catalogue(in_force, self._environment, Secrets(self._environment, self._run), transport),
            definitions=Definitions(in_force, toolbox),
            settings=in_force,
            context_of=contexts.of,
        )

    async def _run(self, command: Sequence[str], *, timeout: float) -> tuple[int, bytes]:
        """A command of the user's that prints a secret: with the user's own environment, and outside the workspace."""
        finished = await run(command, cwd=Path.home(), env=self._environment, timeout=timeout)
        if finished.exit_code is None:
            raise TimeoutError
        return finished.exit_code, finished.output_head

    def _gate(self, store: Store, in_force: Callable[[], Settings], answers: Answers) -> Gate:
        def notice(session_id: str, text: str) -> None:
            item = NoticeItem(level="warning", text=text)
            self._lives.journal(store, session_id).log(drafts.notice(None, new_id("item"), item))

        def restore(snapshot: Snapshot) -> None:
            resolved = [event.data for event in snapshot.events if event.type == EventType.PERMISSION_RESOLVED]
            gate.restore(snapshot.session.session_id, resolved)

        gate = Gate(
            workspace=self._workspace,
            home=Path.home(),
            permissions=lambda: in_force().permissions,
            user_file=self._paths.user_file,
            asker=answers,
            record=answers.record,
            notice=notice,
            own=(self._paths.state,),
        )
        self._lives.on_load = restore
        return gate


def _own_languages(settings: JsonObject) -> frozenset[str] | None:
    """The languages that the editor says it serves itself: `initializationOptions.settings.ownLanguages`."""
    own = settings.get("ownLanguages")
    return frozenset(each for each in own if isinstance(each, str)) if isinstance(own, list) else None


def _notices(store: Store, problem: str | None) -> list[str]:
    """What the user should know about how the workspace was opened."""
    owner = store.read_only
    read_only = [f"{owner} serves this workspace already; here its conversations can only be read."] if owner else []
    return [*read_only, *store.notices, *([problem] if problem else [])]
