"""JSON-RPC with a language server, on plain dicts.

Small on purpose: typed client libraries hang on what some servers answer and cost a hundred times the parsing. Messages
are handled one by one, in order, by functions that don't wait.
"""

import asyncio
import json
from collections.abc import Callable

from pydantic import JsonValue

from dispatch_ls.languages.decoding import decoded
from dispatch_ls.languages.shapes import as_integer, as_object, as_text
from dispatch_ls.protocol.base import JsonObject

METHOD_NOT_FOUND = -32601
_FRAME_LIMIT = 64 * 1024 * 1024
_HEADER_LIMIT = 200
_UNSENT_LIMIT = 64 * 1024 * 1024


class PeerClosed(Exception):
    """The server ended, or speaks something else than JSON-RPC."""


class ResponseError(Exception):
    """The server answered a request with an error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{message} ({code})")
        self.code = code


class MethodNotFound(Exception):
    """Raised by a handler for requests it does not know."""


class Peer:
    """One end of the wire; `on_request` returns the result, `on_notification` takes note, neither waits."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        on_request: Callable[[str, JsonValue], JsonValue],
        on_notification: Callable[[str, JsonValue], None],
        on_closed: Callable[[], None],
    ) -> None:
        self.closed: PeerClosed | None = None
        self._reader = reader
        self._writer = writer
        self._on_request = on_request
        self._on_notification = on_notification
        self._on_closed = on_closed
        self._pending: dict[int, asyncio.Future[JsonValue]] = {}
        self._last_id = 0

    def notify(self, method: str, params: JsonValue = None) -> None:
        """Sends a notification; dropped where the server has ended."""
        if not self.closed:
            self._send(_message(method, params))

    async def request(self, method: str, params: JsonValue = None) -> JsonValue:
        """Sends a request and waits for its result; the server is told if the caller stops waiting.

        Raises ResponseError or PeerClosed.
        """
        if self.closed:
            raise PeerClosed(str(self.closed))
        self._last_id += 1
        number = self._last_id
        answer: asyncio.Future[JsonValue] = asyncio.get_running_loop().create_future()
        self._pending[number] = answer
        self._send({"id": number, **_message(method, params)})
        try:
            return await answer
        except asyncio.CancelledError:
            self.notify("$/cancelRequest", {"id": number})
            raise
        finally:
            self._pending.pop(number, None)

    async def run(self) -> None:
        """Reads until the server ends; then every open request fails with PeerClosed."""
        reason = "ended"
        try:
            while True:
                self._receive(await self._frame())
        except (asyncio.IncompleteReadError, OSError):
            pass
        except ValueError as error:
            reason = f"does not speak the language server protocol: {error}"
        finally:
            self.close(reason)

    def close(self, reason: str) -> None:
        """Fails what is open and all that follows."""
        if self.closed:
            return
        self.closed = PeerClosed(reason)
        for answer in self._pending.values():
            if not answer.done():
                answer.set_exception(PeerClosed(reason))
        self._pending.clear()
        self._on_closed()

    def _send(self, message: JsonObject) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}, separators=(",", ":")).encode()
        self._writer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        if self._writer.transport.get_write_buffer_size() > _UNSENT_LIMIT:
            self.close("does not read what it is sent")

    async def _frame(self) -> JsonObject:
        length = await self._length()
        if length > _FRAME_LIMIT:
            raise ValueError(f"a message of {length} bytes")
        return await decoded(await self._reader.readexactly(length))

    async def _length(self) -> int:
        """Reads one block of headers; stray lines before it (a log on stdout) are skipped, within a limit."""
        length: int | None = None
        for _ in range(_HEADER_LIMIT):
            line = await self._reader.readline()
            if not line.endswith(b"\n"):
                raise asyncio.IncompleteReadError(line, None)
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"content-length":
                length = int(value)
            elif not line.strip() and length is not None:
                return length
        raise ValueError("no Content-Length")

    def _receive(self, message: JsonObject) -> None:
        if "method" not in message:
            self._resolve(message)
        elif "id" in message:
            self._send({"id": message["id"], **self._reply(as_text(message["method"]), message.get("params"))})
        else:
            self._on_notification(as_text(message["method"]), message.get("params"))

    def _resolve(self, message: JsonObject) -> None:
        answer = self._pending.get(as_integer(message.get("id")) or 0)
        if answer is None or answer.done():
            return
        if error := as_object(message.get("error")):
            answer.set_exception(ResponseError(as_integer(error.get("code")) or 0, as_text(error.get("message"))))
        else:
            answer.set_result(message.get("result"))

    def _reply(self, method: str, params: JsonValue) -> JsonObject:
        try:
            return {"result": self._on_request(method, params)}
        except MethodNotFound:
            return {"error": {"code": METHOD_NOT_FOUND, "message": f"{method} is not supported"}}


def _message(method: str, params: JsonValue) -> JsonObject:
    """Without `params` where there are none: some servers refuse null."""
    return {"method": method} if params is None else {"method": method, "params": params}
