"""Recorded traffic of model providers, as tests read it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Exchange:
    """One recorded answer, and the request that it answered."""

    name: str
    wire: str
    status: int
    stream: bool
    request: dict[str, Any]
    body: bytes
    content_type: str


def own_exchanges(folder: Path) -> list[Exchange]:
    """Files named `<wire>.<what it shows>`, `.sse` for streams and `.json` for whole answers."""
    return [_own(file) for file in sorted(folder.iterdir())]


def recorded_exchanges(folder: Path) -> list[Exchange]:
    """Every exchange of every file: a list of objects with wire, status, stream, request, response."""
    return [
        _recorded(f"{file.stem}-{index}", each)
        for file in sorted(folder.glob("*.json"))
        for index, each in enumerate(json.loads(file.read_text(encoding="utf-8")))
    ]


def _own(file: Path) -> Exchange:
    wire, stream = file.name.partition(".")[0], file.suffix == ".sse"
    content_type = "text/event-stream" if stream else "application/json"
    return Exchange(file.name, wire, 200, stream, {}, file.read_bytes(), content_type)


def _recorded(name: str, each: dict[str, Any]) -> Exchange:
    answer = each["response"]
    stream = isinstance(answer, str)
    body = (answer if stream else json.dumps(answer)).encode()
    return Exchange(name, each["wire"], each["status"], stream, each["request"], body, each["content_type"])
