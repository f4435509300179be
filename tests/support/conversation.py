"""Short words for what tests say to a server over the wire."""

from typing import Any
from uuid import uuid4

from support.lsp_client import LspClient


def prompt(session_id: str, text: str, message_id: str | None = None) -> dict[str, Any]:
    """Parameters of `dispatch/session/prompt`."""
    content = [{"type": "text", "text": text}]
    return {"sessionId": session_id, "messageId": message_id or uuid4().hex, "content": content}


async def say(client: LspClient, session_id: str, text: str) -> None:
    """Send a prompt; the turn goes on."""
    await client.request("dispatch/session/prompt", prompt(session_id, text))


async def say_and_wait(client: LspClient, session_id: str, text: str) -> str:
    """Send a prompt, wait for the end of its turn, return the last message of the agent."""
    before = len(client.events(session_id))
    await say(client, session_id, text)
    await client.wait_until(lambda: any(one["type"] == "turn.ended" for one in client.events(session_id)[before:]))
    said = [
        one["data"].get("text", "") for one in client.events(session_id)[before:] if one["type"] == "item.completed"
    ]
    return str(said[-1]) if said else ""


async def new_session(client: LspClient, *, subscribe: bool = True) -> str:
    """A fresh session, opened by the client."""
    session_id: str = (await client.request("dispatch/session/new"))["sessionId"]
    if subscribe:
        await client.request("dispatch/session/open", {"sessionId": session_id})
    return session_id
