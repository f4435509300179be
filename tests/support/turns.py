"""What tests look for in a session's news."""

import asyncio
from pathlib import Path
from typing import Any

from support.conversation import prompt
from support.lsp_client import LspClient
from support.serving import answer

Event = dict[str, Any]

WAITS = "mkfifo {0}; echo started; cat {0}"
"""A command that runs until somebody opens the pipe (see `let_go`)."""


async def let_go(pipe: Path) -> None:
    """End a command that waits for its pipe."""
    await asyncio.to_thread(pipe.write_text, "go on\n")


async def send(client: LspClient, session_id: str, text: str, delivery: str = "auto", message_id: str = "") -> str:
    """Send a message; what became of it."""
    params = {**prompt(session_id, text, message_id or None), "delivery": delivery}
    return str((await client.request("dispatch/session/prompt", params))["disposition"])


async def ended(client: LspClient, session_id: str, count: int = 1) -> Event:
    """The end of the session's n-th turn, as far as this client was told."""

    def look() -> list[Event]:
        return [each for each in client.events(session_id) if each["type"] == "turn.ended"][count - 1 : count]

    return dict((await client.wait_until(look))[0])


async def asked(client: LspClient, session_id: str, count: int = 1) -> Event:
    """The session's n-th request for permission that this client was told of."""

    def look() -> list[Event]:
        return [each for each in client.events(session_id) if each["type"] == "permission.requested"][count - 1 : count]

    return dict((await client.wait_until(look))[0]["data"])


async def runs(client: LspClient, session_id: str, count: int = 1) -> None:
    """Allow the n-th command that is asked for, and wait until it says that it has started."""
    assert await answer(client, await asked(client, session_id, count))

    def started() -> bool:
        deltas = [each for each in client.said("$/dispatch/delta") if each["sessionId"] == session_id]
        return sum("started" in each["text"] for each in deltas if each["field"] == "output") >= count

    await client.wait_until(started)


def completed(events: list[Event], **wanted: str) -> list[Event]:
    """The data of whole items that have these fields, in order."""
    items = [each["data"] for each in events if each["type"] == "item.completed"]
    return [item for item in items if all(item.get(name) == value for name, value in wanted.items())]


def said(events: list[Event], role: str = "user") -> list[str]:
    """The messages of one side, in order."""
    return [item["text"] for item in completed(events, kind="message", role=role)]
