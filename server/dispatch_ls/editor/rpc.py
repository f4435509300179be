"""pygls' protocol on plain JSON: every request gets exactly one answer, whatever was sent and whatever goes wrong.

pygls keeps the registry of features and builds the capabilities; reading, running, cancelling and answering are here,
because as shipped it loses requests (bad parameters, a nested "jsonrpc"), renames keys and tells tracebacks.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, TypeVar, cast

from cattrs import Converter
from lsprotocol import types
from pygls.protocol import LanguageServerProtocol

from dispatch_ls.editor import jsonrpc
from dispatch_ls.editor.faults import rpc_error
from dispatch_ls.editor.jsonrpc import Json, JsonObject, Malformed, MessageId, RpcError
from dispatch_ls.editor.outgoing import Outgoing, Weight

if TYPE_CHECKING:
    from pygls.lsp.server import LanguageServer

T = TypeVar("T")

Handler = Callable[[Json], Awaitable[object]]
Listener = Callable[[Json], None]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reply:
    """A result, and what happens right after it was sent."""

    result: object
    then: Callable[[], None]


class Phase(Enum):
    """How far the conversation with the editor has come."""

    FRESH = auto()
    OPEN = auto()
    SHUT = auto()


class Rpc(LanguageServerProtocol):
    """One connection. Everything but `Outgoing` runs in the loop's thread."""

    def __init__(self, server: "LanguageServer", converter: Converter) -> None:
        super().__init__(server, converter)
        self.phase = Phase.FRESH
        self.initialize_params: JsonObject = {}
        self.experimental: JsonObject = {}
        """What the answer to `initialize` says in `capabilities.experimental`."""
        self.namespaces: dict[str, Callable[[str, Json], Awaitable[object]]] = {}
        """Handlers for all methods of a prefix, by that prefix."""
        self.on_initialize: Callable[[JsonObject], None] = lambda _: None
        self.on_shutdown: Callable[[], Awaitable[None]] | None = None
        self.on_exit: Callable[[int], None] = lambda _: None
        self._outgoing: Outgoing | None = None
        self._running: dict[MessageId, asyncio.Task[None]] = {}
        self._pending: dict[MessageId, asyncio.Future[Json]] = {}
        self._last_id = 0

    def attach(self, outgoing: Outgoing) -> None:
        """Where to write from now on."""
        self._outgoing = outgoing

    # What comes in

    def receive(self, body: bytes) -> None:
        """Take one message; handlers start in the order of arrival."""
        try:
            message = jsonrpc.parse(body)
        except Malformed as error:
            _log.warning("not a message (%d bytes): %s", len(body), error)
            self._put(jsonrpc.failure(error.msg_id, error))
            return
        if isinstance(message, jsonrpc.Request):
            self._on_request(message)
        elif isinstance(message, jsonrpc.Notification):
            self._on_notification(message)
        else:
            self._on_response(message)

    def _on_request(self, request: jsonrpc.Request) -> None:
        refusal = self._refusal(request)
        if refusal:
            self._put(jsonrpc.failure(request.msg_id, refusal))
            return
        if request.method == types.INITIALIZE:
            self.phase = Phase.OPEN
        elif request.method == types.SHUTDOWN:
            self.phase = Phase.SHUT
        task = asyncio.get_running_loop().create_task(self._answer(request), name=request.method)
        self._running[request.msg_id] = task
        task.add_done_callback(lambda task: self._finished(request.msg_id, task))

    def _finished(self, msg_id: MessageId, task: asyncio.Task[None]) -> None:
        del self._running[msg_id]
        # told here, since a task that is cancelled before its first step never runs
        if task.cancelled():
            self._put(jsonrpc.failure(msg_id, _CANCELLED))

    def _refusal(self, request: jsonrpc.Request) -> RpcError | None:
        if self.phase is Phase.FRESH and request.method != types.INITIALIZE:
            return RpcError(jsonrpc.NOT_INITIALIZED, "The server waits for initialize.")
        if self.phase is Phase.OPEN and request.method == types.INITIALIZE:
            return RpcError(jsonrpc.INVALID_REQUEST, "The server is initialized already.")
        if self.phase is Phase.SHUT:
            return RpcError(jsonrpc.INVALID_REQUEST, "The server is shutting down.")
        if request.msg_id in self._running:
            return RpcError(jsonrpc.INVALID_REQUEST, "A request with this id is still running.")
        return None

    async def _answer(self, request: jsonrpc.Request) -> None:
        try:
            result = await self._handle(request)
        except Exception as error:  # every request is answered, whatever its handler did
            self._put(jsonrpc.failure(request.msg_id, rpc_error(error, request.method)))
        else:
            self._put(jsonrpc.response(request.msg_id, result.result if isinstance(result, Reply) else result))
            if isinstance(result, Reply):
                result.then()

    async def _handle(self, request: jsonrpc.Request) -> object:
        if request.method == types.INITIALIZE:
            return self._initialize(request.params)
        if request.method == types.SHUTDOWN:
            await self._shut_down(request.msg_id)
            return None
        handler = self.fm.features.get(request.method)
        if asyncio.iscoroutinefunction(handler):
            return await cast(Handler, handler)(request.params)
        prefix, slash, _ = request.method.partition("/")
        if slash and prefix in self.namespaces:
            return await self.namespaces[prefix](request.method, request.params)
        raise RpcError(jsonrpc.METHOD_NOT_FOUND, f"There is no method {request.method[:100]}.")

    def _on_notification(self, notification: jsonrpc.Notification) -> None:
        if notification.method == types.EXIT:
            self.on_exit(0 if self.phase is Phase.SHUT else 1)
        elif notification.method == types.CANCEL_REQUEST:
            self._cancel(notification.params)
        elif self.phase is Phase.OPEN:
            # not called here: requests that came earlier have not started yet
            asyncio.get_running_loop().call_soon(self._listen, notification)

    def _listen(self, notification: jsonrpc.Notification) -> None:
        listener = self.fm.features.get(notification.method)
        if listener is None or asyncio.iscoroutinefunction(listener):
            return
        try:
            cast(Listener, listener)(notification.params)
        except Exception:
            _log.exception("notification %s failed", notification.method)

    def _cancel(self, params: Json) -> None:
        msg_id = params.get("id") if isinstance(params, dict) else None
        if isinstance(msg_id, int | str) and (task := self._running.get(msg_id)):
            task.cancel()

    def _on_response(self, message: jsonrpc.Response) -> None:
        future = self._pending.pop(message.msg_id, None)
        if future is None or future.done():
            _log.info("late or unknown answer %r dropped", message.msg_id)
        elif message.error is not None:
            future.set_exception(_remote_error(message.error))
        else:
            future.set_result(message.result)

    # initialize and shutdown

    def _initialize(self, params: Json) -> Json:
        if not isinstance(params, dict):
            self.phase = Phase.FRESH
            raise RpcError(jsonrpc.INVALID_PARAMS, "initialize takes an object.")
        self.initialize_params = params
        self.on_initialize(params)
        answer = _drained(self.lsp_initialize(self._structured(params)))
        if self.experimental:
            answer.capabilities.experimental = self.experimental
        return cast(Json, self._converter.unstructure(answer))

    def _structured(self, params: JsonObject) -> types.InitializeParams:
        capabilities = params.get("capabilities")
        known = dict(capabilities) if isinstance(capabilities, dict) else {}
        # UTF-16 is what every editor can do, and all that this server counts in
        known.pop("general", None)
        try:
            return self._converter.structure({**params, "capabilities": known}, types.InitializeParams)
        except Exception:
            # capabilities newer or odder than the library's: what we need of them is read from the plain object
            _log.warning("capabilities of the client could not be read whole", exc_info=True)
            return types.InitializeParams(capabilities=types.ClientCapabilities())

    async def _shut_down(self, own_id: MessageId) -> None:
        for msg_id, task in list(self._running.items()):
            if msg_id != own_id:
                task.cancel()
        if self.on_shutdown:
            await self.on_shutdown()

    # What goes out

    def notify(self, method: str, params: Any | None = None) -> None:
        """Send a notification."""
        self.tell(method, params)

    def tell(self, method: str, params: object, weight: Weight = Weight.KEEP) -> bool:
        """Send a notification of some weight; False as `Outgoing.put` says."""
        return self._put({"jsonrpc": "2.0", "method": method, "params": params}, weight)

    async def ask(self, method: str, params: Json) -> Json:
        """Send a request and wait for its answer. Raises `RpcError`; cancelling it cancels it in the editor too."""
        self._last_id += 1
        msg_id = self._last_id
        future: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._pending[msg_id] = future
        self._put({"jsonrpc": "2.0", "id": msg_id, "method": method, "params": params})
        try:
            return await future
        except asyncio.CancelledError:
            self.notify(types.CANCEL_REQUEST, {"id": msg_id})
            raise
        finally:
            self._pending.pop(msg_id, None)

    def cut_news(self) -> None:
        """Forget the news that wait for the editor (see `Outgoing.cut_news`)."""
        if self._outgoing:
            self._outgoing.cut_news()

    async def close(self) -> None:
        """Cancel what runs and wait for it; every request has been answered then."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _put(self, message: dict[str, object], weight: Weight = Weight.KEEP) -> bool:
        return self._outgoing is not None and self._outgoing.put(_encoded(message, self._plain), weight)

    def _plain(self, value: object) -> object:
        return self._converter.unstructure(value)


_CANCELLED = RpcError(jsonrpc.REQUEST_CANCELLED, "The request was cancelled.", {"kind": "cancelled"})


def _drained(steps: Generator[Any, Any, T]) -> T:
    """The result of one of pygls' handlers, which only stops on the way for handlers of ours that do not exist."""
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return cast(T, stop.value)


def _encoded(message: dict[str, object], default: Callable[[object], object]) -> bytes:
    try:
        return json.dumps(message, default=default, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        # half of a surrogate pair, from a file or a model: JSON can say it, UTF-8 cannot
        return json.dumps(message, default=default, separators=(",", ":")).encode()


def _remote_error(error: Json) -> RpcError:
    fields = error if isinstance(error, dict) else {}
    code = fields.get("code")
    return RpcError(code if isinstance(code, int) else jsonrpc.INTERNAL_ERROR, str(fields.get("message", "")))
