"""What the protocol promises of the news of a session, checked on all that a client was told (protocol, "Promises")."""

from collections import defaultdict
from typing import Any

from dispatch_ls.agents.streaming import utf16_length
from support.lsp_client import LspClient

Message = dict[str, Any]


def kept(client: LspClient, session_id: str, *, from_seq: int = 0) -> None:
    """Check all promises on what this client heard since it opened the session at `from_seq`."""
    news = [message for message in client.raw if (message.get("params") or {}).get("sessionId") == session_id]
    told = [event for message in news for event in message["params"].get("events", [])]
    without_gap([event["seq"] for event in told], from_seq)
    deltas_lie_within_their_items(news)
    turns_end_last(told)
    completed_once(told)


def without_gap(seqs: list[int], from_seq: int = 0) -> None:
    assert seqs == list(range(from_seq + 1, from_seq + 1 + len(seqs)))


def deltas_lie_within_their_items(news: list[Message]) -> None:
    """After the first `item.updated`, before `item.completed`; joined they say what the completed item says."""
    begun, over = set[str](), dict[str, Message]()
    streamed: dict[tuple[str, str], str] = defaultdict(str)
    for message in news:
        params = message["params"]
        if message["method"] == "$/dispatch/delta":
            item = params["itemId"]
            assert item in begun, f"a delta before its item: {params}"
            assert item not in over, f"a delta after its item: {params}"
            key = (item, params["field"])
            assert params["offset"] == utf16_length(streamed[key]), f"a delta that does not join: {params}"
            streamed[key] += params["text"]
        for event in params.get("events", []):
            if event["type"] == "item.updated":
                begun.add(event["itemId"])
            elif event["type"] == "item.completed":
                over[event["itemId"]] = event["data"]
    for (item, field), text in streamed.items():
        if item in over and field in ("text", "thought"):
            assert over[item]["text"] == text
    assert begun <= set(over) or not over or _open_turn(news), f"never completed: {begun - set(over)}"


def _open_turn(news: list[Message]) -> bool:
    types = [event["type"] for message in news for event in message["params"].get("events", [])]
    return types.count("turn.started") > types.count("turn.ended")


def turns_end_last(told: list[Message]) -> None:
    """`turn.ended` comes after the turn's last durable row."""
    over = set[str]()
    for event in told:
        turn = str(event.get("turnId"))
        assert turn not in over, f"after its turn had ended: {event}"
        if event["type"] == "turn.ended":
            over.add(turn)


def completed_once(told: list[Message]) -> None:
    items = [event["itemId"] for event in told if event["type"] == "item.completed"]
    assert len(items) == len(set(items))
