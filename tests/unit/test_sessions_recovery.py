"""After the end of a server: nothing runs again by itself, nothing unknown is claimed, requests stay open."""

from pathlib import Path

import pytest

from dispatch_ls.protocol.base import JsonObject
from dispatch_ls.protocol.events import Draft, Event, EventType
from dispatch_ls.protocol.sessions import State, WaitingOn
from dispatch_ls.sessions.snapshot import items_of
from dispatch_ls.sessions.store import Store
from support.sessions import (
    Told,
    call,
    decided,
    header,
    opened,
    permission,
    requested,
    said,
    state,
    turn_ended,
    turn_started,
    updated,
)

QUESTION: JsonObject = {"questionId": "que_1", "sessionId": "ses_1", "itemId": "itm_1", "text": "Which?"}


async def left(directory: Path, *drafts: Draft) -> None:
    """A log as a server that ended right after these events leaves it."""
    async with opened(directory) as store:
        await store.create(header())
        await store.append("ses_1", [state("running"), *drafts])


async def recovered(store: Store, after: Draft) -> list[Event]:
    events = await store.events("ses_1")
    last = max(event.seq for event in events if event.type == after.type and event.item_id == after.item_id)
    return events[last:]


async def test_a_running_call_is_interrupted_and_its_turn_ends(tmp_path: Path) -> None:
    usage: JsonObject = {"model": "m", "usage": {"input": 5, "requests": 1}, "cost": 0.5}
    running = call("itm_2", "running", input={"command": "make"}, replay={"opaque": "x"})
    recorded = Draft(type=EventType.USAGE_RECORDED, turn_id="trn_1", data=usage)
    said_before = updated("itm_2", "trn_1", append={"output": "compiling"})
    await left(tmp_path, turn_started(), recorded, running, call("itm_3", "pending"), said_before)
    told = Told()
    async with opened(tmp_path, told) as store:
        new = await recovered(store, said_before)
        kinds = [event.type for event in new]
        assert kinds == ["item.completed", "item.completed", "turn.ended", "session.updated"]
        interrupted, other, ended, _ = new
        assert interrupted.data["status"] == "interrupted"
        assert interrupted.data["output"] == "compiling\ninterrupted, outcome unknown"
        assert (interrupted.data["input"], interrupted.data["replay"]) == ({"command": "make"}, {"opaque": "x"})
        assert (other.data["status"], other.data["output"]) == ("interrupted", "interrupted, outcome unknown")
        assert {event.turn_id for event in new[:3]} == {"trn_1"}
        assert (ended.data["stopReason"], ended.data["cost"]) == ("error", 0.5)
        assert (await store.session("ses_1")).state is State.IDLE
        assert store.suspended == []
        assert told.news == []


async def test_half_a_message_is_kept_and_marked(tmp_path: Path) -> None:
    thought = updated("itm_1", "trn_1", kind="thought", text="Hm")
    message = updated("itm_2", "trn_1", kind="message", role="assistant", text="Let me", step=1)
    more = updated("itm_2", "trn_1", append={"text": " see"})
    await left(tmp_path, turn_started(), thought, message, more)
    async with opened(tmp_path) as store:
        items = items_of(await store.events("ses_1"))
        assert items["itm_1"] == {"kind": "thought", "text": "Hm"}
        assert items["itm_2"]["text"] == "Let me see"
        assert items["itm_2"]["truncated"] is True
        assert (await store.session("ses_1")).message_count == 1


@pytest.mark.parametrize(("streamed", "whole"), [('{"path": "a.py"}', {"path": "a.py"}), ('{"pa', {}), ("[1]", {})])
async def test_arguments_that_were_still_streaming(tmp_path: Path, streamed: str, whole: JsonObject) -> None:
    await left(
        tmp_path, turn_started(), call("itm_1", "pending"), updated("itm_1", "trn_1", append={"input": streamed})
    )
    async with opened(tmp_path) as store:
        assert items_of(await store.events("ses_1"))["itm_1"]["input"] == whole


async def test_a_turn_that_waits_for_a_permission_is_suspended_not_ended(tmp_path: Path) -> None:
    wanted = permission("itm_1")
    pending = [call("itm_1", "pending"), call("itm_3", "pending")]
    await left(tmp_path, turn_started(), *pending, call("itm_2", "running"), requested(wanted))
    for _ in range(2):  # also where the server ends again before anyone answered
        async with opened(tmp_path) as store:
            (suspended,) = store.suspended
            assert (suspended.session_id, suspended.turn_id) == ("ses_1", "trn_1")
            assert suspended.permissions == (wanted,)
            items = items_of(await store.events("ses_1"))
            assert [items[f"itm_{n}"]["status"] for n in (1, 2, 3)] == ["pending", "interrupted", "pending"]
            session = await store.session("ses_1")
            assert (session.state, session.on) == (State.WAITING, WaitingOn.PERMISSION)
            assert (await store.snapshot("ses_1")).permissions == [wanted]
            assert "turn.ended" not in [event.type for event in await store.events("ses_1")]
    async with opened(tmp_path) as store:
        await store.append("ses_1", [decided(wanted, "allow"), state("running"), call("itm_1", "running")])
    async with opened(tmp_path) as store:
        assert store.suspended == []
        assert items_of(await store.events("ses_1"))["itm_1"]["status"] == "interrupted"
        assert (await store.session("ses_1")).state is State.IDLE


async def test_a_request_of_a_call_that_ran_already_is_closed_not_asked_again(tmp_path: Path) -> None:
    wanted = permission("itm_1")
    await left(tmp_path, turn_started(), call("itm_1", "running"), requested(wanted), state("waiting", "permission"))
    async with opened(tmp_path) as store:
        assert store.suspended == []
        whole = await store.snapshot("ses_1")
        assert whole.permissions == []
        closed = next(event for event in whole.events if event.type == "permission.resolved")
        assert (closed.data["decision"], closed.data["by"]) == ("deny", "policy")
        assert whole.events[-2].type == "turn.ended"
        assert whole.session.state is State.IDLE


async def test_what_stayed_open_without_a_turn_is_closed(tmp_path: Path) -> None:
    asked = Draft(type=EventType.QUESTION_ASKED, item_id="itm_1", data=QUESTION)
    await left(tmp_path, turn_started(), asked, requested(permission("itm_1")), turn_ended())
    async with opened(tmp_path) as store:
        whole = await store.snapshot("ses_1")
        assert (whole.permissions, whole.questions, whole.session.state) == ([], [], State.IDLE)
        assert [event.type for event in whole.events].count("turn.ended") == 1


async def test_a_session_at_rest_is_left_alone(tmp_path: Path) -> None:
    await left(tmp_path, turn_started(), said("assistant", "done"), turn_ended(), state("idle"))
    async with opened(tmp_path) as store:
        before = await store.events("ses_1")
    async with opened(tmp_path) as store:
        assert await store.events("ses_1") == before


async def test_only_the_last_turn_is_looked_at(tmp_path: Path) -> None:
    await left(
        tmp_path,
        turn_started("trn_1"),
        updated("itm_1", "trn_1", kind="notice", text="never completed"),
        turn_ended("trn_1"),
        turn_started("trn_2"),
        call("itm_2", "running", "trn_2"),
    )
    async with opened(tmp_path) as store:
        completed = [event.item_id for event in await store.events("ses_1") if event.type == "item.completed"]
        assert completed == ["itm_2"]
