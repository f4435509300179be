"""What the editor asks of the rest of Dispatch; built after `initialized`, so that an answer never waits for it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from dispatch_ls.agents.tell import Tell
    from dispatch_ls.languages.publishing import Publish
    from dispatch_ls.protocol import methods as m
    from dispatch_ls.protocol.base import JsonObject
    from dispatch_ls.tools.buffers import Buffers


class Overlay(Protocol):
    """Who else must know what the editor shows: the language servers."""

    def document_opened(self, uri: str, version: int, text: str) -> None:
        """The editor shows the file; its text counts from now on, not the disk's."""

    def document_changed(self, uri: str, version: int, text: str) -> None:
        """Its text is another now."""

    def document_saved(self, uri: str) -> None:
        """It was written to the disk."""

    def document_closed(self, uri: str) -> None:
        """The disk counts again."""


class Host(Overlay, Protocol):
    """All sessions of a workspace. One method a request; raises `DispatchError`. See `protocol.methods` for shapes."""

    @property
    def notices(self) -> "Sequence[str]":
        """What the user should know about how the workspace was opened."""

    async def new(self, params: "m.NewSession", /) -> "m.SessionRef":
        """`dispatch/session/new`."""

    async def list_sessions(self, params: "m.ListSessions", /) -> "m.SessionList":
        """`dispatch/session/list`."""

    async def open(self, params: "m.OpenSession", /) -> "m.Snapshot":
        """`dispatch/session/open`."""

    async def prompt(self, params: "m.Prompt", /) -> "m.Prompted":
        """`dispatch/session/prompt`."""

    async def cancel(self, params: "m.CancelSession", /) -> "m.Empty | None":
        """`dispatch/session/cancel`."""

    async def update(self, params: "m.UpdateSession", /) -> "m.Empty | None":
        """`dispatch/session/update`."""

    async def tree(self, params: "m.TreeOf", /) -> "m.Tree":
        """`dispatch/session/tree`."""

    async def remove_queued(self, params: "m.RemoveQueued", /) -> "m.Removed":
        """`dispatch/queue/remove`."""

    async def reply_permission(self, params: "m.PermissionReply", /) -> "m.Accepted":
        """`dispatch/permission/reply`."""

    async def permissions(self) -> "m.PermissionList":
        """`dispatch/permission/list`."""

    async def permission_log(self, params: "m.PermissionLogQuery", /) -> "m.PermissionLog":
        """`dispatch/permission/log`."""

    async def reply_question(self, params: "m.QuestionReply", /) -> "m.Accepted":
        """`dispatch/question/reply`."""

    async def model_list(self) -> "m.ModelList":
        """`dispatch/model/list`."""

    async def resolve_model(self, params: "m.ResolveModel", /) -> "m.Resolved":
        """`dispatch/model/resolve`."""

    async def agent_list(self) -> "m.AgentList":
        """`dispatch/agent/list`."""

    async def config(self) -> "m.ConfigInForce":
        """`dispatch/config/get`."""

    async def language_status(self) -> "m.LanguageStatus":
        """`dispatch/language/status`."""

    async def language_diagnostics(self, params: "m.DiagnosticsOf", /) -> "m.Problems":
        """`dispatch/language/diagnostics`."""

    async def restart_language(self, params: "m.RestartServer", /) -> "m.Empty | None":
        """`dispatch/language/restart`."""

    async def read_blob(self, params: "m.ReadBlob", /) -> "m.BlobPart":
        """`dispatch/blob/read`."""

    async def trust(self, params: "m.Trust", /) -> "m.Empty | None":
        """`dispatch/workspace/trust`."""

    async def close(self) -> None:
        """Make everything durable and end what runs."""


class Build(Protocol):
    """Puts a host together."""

    async def __call__(
        self,
        workspace: Path,
        /,
        *,
        trusted: bool | None,
        settings: "JsonObject",
        tell: "Tell",
        buffers: "Buffers",
        publish: "Publish",
    ) -> Host:
        """`trusted` is None where the editor has no opinion; news go to `tell` from the first moment on."""
