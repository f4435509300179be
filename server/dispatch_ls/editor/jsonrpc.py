"""JSON-RPC 2.0 as this server speaks it: what a body says, and the errors it is answered with."""

import json
from dataclasses import dataclass
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
JsonObject: TypeAlias = dict[str, Json]
MessageId: TypeAlias = int | str

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
NOT_INITIALIZED = -32002
REQUEST_FAILED = -32803
REQUEST_CANCELLED = -32800


class RpcError(Exception):
    """An error as it goes over the wire: code, a short text for the user, and `data` (always with a `kind`)."""

    def __init__(self, code: int, text: str, data: JsonObject | None = None) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.data = data or {"kind": "invalid"}

    def wire(self) -> JsonObject:
        """The `error` member of a response."""
        return {"code": self.code, "message": self.text, "data": self.data}


class Malformed(RpcError):
    """A body that is no message; `msg_id` where it could be told which request it was meant to be."""

    def __init__(self, code: int, text: str, msg_id: MessageId | None = None) -> None:
        super().__init__(code, text)
        self.msg_id = msg_id


@dataclass(frozen=True, slots=True)
class Request:
    """Wants exactly one response."""

    msg_id: MessageId
    method: str
    params: Json


@dataclass(frozen=True, slots=True)
class Notification:
    """Wants none."""

    method: str
    params: Json


@dataclass(frozen=True, slots=True)
class Response:
    """The answer to a request of ours; `error` is what its sender wrote there."""

    msg_id: MessageId
    result: Json
    error: Json


def parse(body: bytes) -> Request | Notification | Response:
    """What the body says; raises `Malformed` (PR-01)."""
    try:
        message: Json = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Malformed(PARSE_ERROR, "The message is not valid JSON.") from error
    if not isinstance(message, dict):
        raise Malformed(INVALID_REQUEST, "The message is not a JSON-RPC object; batches are not part of LSP.")
    return _message(message)


def _message(message: JsonObject) -> Request | Notification | Response:
    msg_id = message.get("id")
    usable = msg_id if isinstance(msg_id, int | str) and not isinstance(msg_id, bool) else None
    method = message.get("method")
    if message.get("jsonrpc") != "2.0":
        raise Malformed(INVALID_REQUEST, 'The message does not say "jsonrpc": "2.0".', usable)
    if method is None and usable is not None and ("result" in message or "error" in message):
        return Response(usable, message.get("result"), message.get("error"))
    if not isinstance(method, str):
        raise Malformed(INVALID_REQUEST, "The message has no method.", usable)
    if "id" not in message:
        return Notification(method, message.get("params"))
    if usable is None:
        raise Malformed(INVALID_REQUEST, "The id of a request is a number or a string.")
    return Request(usable, method, message.get("params"))


def response(msg_id: MessageId | None, result: object) -> dict[str, object]:
    """A successful answer."""
    return {"jsonrpc": "2.0", "id": msg_id, "result": result}


def failure(msg_id: MessageId | None, error: RpcError) -> dict[str, object]:
    """An answer that says why not."""
    return {"jsonrpc": "2.0", "id": msg_id, "error": error.wire()}
