"""A language server of few words, for behaviour that no real one shows on demand.

A line that starts with BAD is an error whose message is that line. The first argument names what the server does, the
second a file that gets every message received.
"""

import json
import os
import sys
import threading
import time
from typing import Any

Message = dict[str, Any]


def read() -> Message:
    length = 0
    while line := sys.stdin.buffer.readline():
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
        elif not line.strip():
            message: Message = json.loads(sys.stdin.buffer.read(length))
            return message
    raise SystemExit


def send(**message: Any) -> None:
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    with LOCK:
        sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        sys.stdout.buffer.flush()


def errors(text: str) -> list[Message]:
    return [
        {
            "range": {"start": {"line": n, "character": 0}, "end": {"line": n, "character": len(line)}},
            "severity": 1,
            "message": line,
        }
        for n, line in enumerate(text.split("\n"))
        if line.startswith("BAD")
    ]


def publish(uri: str, text: str, **version: int) -> None:
    params = {"uri": uri, "diagnostics": errors(text), **version}
    send(method="textDocument/publishDiagnostics", params=params)


def push_versions(uri: str, version: int, text: str, previous: str) -> None:
    publish(uri, text, version=version)


def push_without_version(uri: str, version: int, text: str, previous: str) -> None:
    publish(uri, text)


def push_old_then_new_without_version(uri: str, version: int, text: str, previous: str) -> None:
    publish(uri, previous)
    threading.Timer(0.1, publish, (uri, text)).start()


def push_old_results_under_the_new_version(uri: str, version: int, text: str, previous: str) -> None:
    publish(uri, previous, version=version)
    threading.Timer(0.1, publish, (uri, text), {"version": version}).start()


def push_old_version_only(uri: str, version: int, text: str, previous: str) -> None:
    publish(uri, text, version=version - 1)


def push_old_after_new(uri: str, version: int, text: str, previous: str) -> None:
    publish(uri, text, version=version)
    publish(uri, previous, version=version - 1)


def register_two_pulls_on_open(uri: str, version: int, text: str, previous: str) -> None:
    if previous == "":
        registrations = [
            {"id": name, "method": "textDocument/diagnostic", "registerOptions": {"identifier": name}}
            for name in ("even", "odd")
        ]
        send(id="r1", method="client/registerCapability", params={"registrations": registrations})


def exit_on_crash_line(uri: str, version: int, text: str, previous: str) -> None:
    if "CRASH" in text:
        os._exit(3)
    publish(uri, text, version=version)


def nothing(uri: str, version: int, text: str, previous: str) -> None:
    pass


ON_TEXT = {
    "push": push_versions,
    "push-versionless": push_without_version,
    "push-late": push_old_then_new_without_version,
    "push-lying": push_old_results_under_the_new_version,
    "push-disordered": push_old_after_new,
    "push-old": push_old_version_only,
    "dynamic": register_two_pulls_on_open,
    "crash": exit_on_crash_line,
}

LOCK = threading.Lock()
BEHAVIOUR, LOG = sys.argv[1], sys.argv[2]
texts: dict[str, str] = {}
pulls: dict[str, int] = {}


def take_text(document: Message, text: str) -> None:
    uri, previous = document["uri"], texts.get(document["uri"], "")
    texts[uri] = text
    ON_TEXT.get(BEHAVIOUR, nothing)(uri, document["version"], text, previous)


def pull(params: Message) -> Message:
    """Refuses twice, then answers without a kind, from then on `unchanged` to who knows the last result."""
    uri = params["textDocument"]["uri"]
    items = errors(texts.get(uri, ""))
    if BEHAVIOUR == "dynamic":
        parity = {"even": 0, "odd": 1}[params["identifier"]]
        return {"result": {"kind": "full", "items": [i for i in items if i["range"]["start"]["line"] % 2 == parity]}}
    if BEHAVIOUR == "fussy":
        pulls[uri] = pulls.get(uri, 0) + 1
        if pulls[uri] <= 2:
            return {"error": {"code": -32802, "message": "cancelled", "data": {"retriggerRequest": True}}}
        known = str(hash(texts[uri]))
        if params.get("previousResultId") == known:
            return {"result": {"kind": "unchanged", "resultId": known}}
        return {"result": {"kind": "", "resultId": known, "items": items}}
    return {"result": {"kind": "full", "items": items}}


def initialize(params: Message) -> Message:
    if BEHAVIOUR == "asks-first":
        send(id=7, method="workspace/configuration", params={"items": [{"section": "a.b"}, {"section": "none"}, {}]})
        send(id=8, method="no/such/method", params={})
        answers = [read(), read()]
        record({"answers": answers})
    pulling: Message = (
        {"diagnosticProvider": {}} if BEHAVIOUR in ("pull", "fussy", "asks-first", "noisy", "silent-pull") else {}
    )
    return {"result": {"capabilities": {"textDocumentSync": {"save": {"includeText": True}}, **pulling}}}


def record(message: Message) -> None:
    if LOG:
        with open(LOG, "a") as log:  # noqa: PTH123 - a script without the library
            log.write(json.dumps(message) + "\n")


def handle(message: Message) -> None:
    method, params = message.get("method"), message.get("params") or {}
    if method == "initialize":
        send(id=message["id"], **initialize(params))
    elif method == "textDocument/didOpen":
        take_text(params["textDocument"], params["textDocument"]["text"])
    elif method == "textDocument/didChange":
        take_text(params["textDocument"], params["contentChanges"][0]["text"])
    elif method == "textDocument/diagnostic":
        if BEHAVIOUR == "silent-pull":
            return
        send(id=message["id"], **pull(params))
    elif method == "shutdown":
        send(id=message["id"], result=None)
    elif method == "exit":
        raise SystemExit


def main() -> None:
    if BEHAVIOUR == "exits":
        sys.exit("no licence found")
    if BEHAVIOUR == "garbage":
        sys.stdout.write("hello, I am not a language server\n" * 1000)
        sys.stdout.flush()
        time.sleep(1000)
    if BEHAVIOUR == "never-answers":
        time.sleep(1000)
    if BEHAVIOUR == "noisy":
        sys.stderr.write("noise " * 1_000_000)
        sys.stdout.write("a log line on the wrong stream\n")
        sys.stdout.flush()
    while True:
        message = read()
        record(message)
        handle(message)


main()
