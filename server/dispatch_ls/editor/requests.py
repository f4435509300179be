"""`dispatch/*` requests: the method table says what is asked, the host answers."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar, cast

from pydantic import BaseModel, ValidationError

from dispatch_ls.editor.host import Host
from dispatch_ls.editor.jsonrpc import INVALID_PARAMS, METHOD_NOT_FOUND, Json, RpcError
from dispatch_ls.editor.rpc import Reply
from dispatch_ls.editor.subscriptions import Subscriptions, event_wire
from dispatch_ls.protocol.base import JsonObject
from dispatch_ls.protocol.methods import METHODS, Empty, OpenSession, SessionRef, TreeOf

VERBS = {
    "dispatch/session/new": "new",
    "dispatch/session/list": "list_sessions",
    "dispatch/session/prompt": "prompt",
    "dispatch/session/cancel": "cancel",
    "dispatch/session/update": "update",
    "dispatch/queue/remove": "remove_queued",
    "dispatch/permission/reply": "reply_permission",
    "dispatch/permission/list": "permissions",
    "dispatch/permission/log": "permission_log",
    "dispatch/question/reply": "reply_question",
    "dispatch/model/list": "model_list",
    "dispatch/model/resolve": "resolve_model",
    "dispatch/agent/list": "agent_list",
    "dispatch/config/get": "config",
    "dispatch/language/status": "language_status",
    "dispatch/language/diagnostics": "language_diagnostics",
    "dispatch/language/restart": "restart_language",
    "dispatch/blob/read": "read_blob",
    "dispatch/workspace/trust": "trust",
}
"""The host's method for each request that is passed on as it is."""

M = TypeVar("M", bound=BaseModel)


class Requests:
    """Answers one editor."""

    def __init__(self, host: Host, subscriptions: Subscriptions) -> None:
        self._host = host
        self._subscriptions = subscriptions
        self._own: dict[str, Callable[[BaseModel], Awaitable[Reply | JsonObject]]] = {
            "dispatch/session/open": lambda params: self._open(cast(OpenSession, params)),
            "dispatch/session/close": lambda params: self._close(cast(SessionRef, params)),
            "dispatch/session/tree": lambda params: self._tree(cast(TreeOf, params)),
        }

    async def answer(self, method: str, params: Json) -> Reply | JsonObject:
        """The result as it goes over the wire. Raises `RpcError` and `DispatchError`."""
        if method not in METHODS:
            raise RpcError(METHOD_NOT_FOUND, f"There is no method {method[:100]}.")
        shape = METHODS[method].params
        asked = validated(shape, params)
        if method in self._own:
            return await self._own[method](asked)
        call = cast(Callable[..., Awaitable[BaseModel | None]], getattr(self._host, VERBS[method]))
        result = await (call() if shape is Empty else call(asked))
        return _wire(result or Empty())

    async def _open(self, params: OpenSession) -> Reply:
        session_id = params.session_id
        self._subscriptions.opening(session_id)
        try:
            snapshot = await self._host.open(params)
        except BaseException:
            self._subscriptions.not_opened(session_id)
            raise
        wire = snapshot.wire()
        wire["events"] = [event_wire(event) for event in snapshot.events]
        return Reply(wire, partial(self._subscriptions.opened, session_id, snapshot.seq))

    async def _close(self, params: SessionRef) -> JsonObject:
        self._subscriptions.closed(params.session_id)
        return {}

    async def _tree(self, params: TreeOf) -> Reply:
        self._subscriptions.opening_tree()
        try:
            tree = await self._host.tree(params)
        except BaseException:
            self._subscriptions.opened_tree()
            raise
        return Reply(tree.wire(), self._subscriptions.opened_tree)


def validated(shape: type[M], params: Json) -> M:
    """The parameters as what they are; raises `RpcError` that names the field and never repeats its value."""
    if not isinstance(params, dict | None):
        raise RpcError(INVALID_PARAMS, "The parameters are an object.")
    try:
        return shape.model_validate(params or {})
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise RpcError(INVALID_PARAMS, f"{where}: {first['msg']}" if where else str(first["msg"])) from None


def _wire(result: BaseModel) -> JsonObject:
    return cast(JsonObject, result.model_dump(mode="json", by_alias=True, exclude_none=True))
