"""Folds: an editor that follows the events sees what the log says in the end."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch_ls.protocol.base import JsonObject
from dispatch_ls.protocol.errors import Invalid
from dispatch_ls.protocol.events import Draft, Event, EventType
from dispatch_ls.sessions import snapshot
from support.sessions import decided, header, permission, requested, said, turn_ended, turn_started

WHEN = datetime(2026, 1, 1, tzinfo=UTC)


def numbered(*drafts: Draft) -> list[Event]:
    return [
        Event.model_validate({**draft.model_dump(), "seq": seq, "time": WHEN}) for seq, draft in enumerate(drafts, 1)
    ]


def item_updated(data: JsonObject, item_id: str = "itm_1") -> Draft:
    return Draft(type=EventType.ITEM_UPDATED, item_id=item_id, data=data)


@given(pieces=st.lists(st.text(max_size=20), min_size=1), start=st.text(max_size=5))
def test_appending_piece_by_piece_equals_the_whole_text(pieces: list[str], start: str) -> None:
    updates = [item_updated({"append": {"text": piece}}) for piece in pieces]
    items = snapshot.items_of(numbered(item_updated({"kind": "message", "text": start}), *updates))
    assert items == {"itm_1": {"kind": "message", "text": start + "".join(pieces)}}


fields = st.dictionaries(st.sampled_from(["text", "output", "status", "title"]), st.text(max_size=4))


@given(changes=st.lists(st.tuples(st.sampled_from(["itm_1", "itm_2"]), fields, fields)))
def test_any_updates_give_what_a_client_that_keeps_plain_texts_has(
    changes: list[tuple[str, dict[str, str], dict[str, str]]],
) -> None:
    expected: dict[str, dict[str, str]] = {}
    events = []
    for item_id, given_fields, appended in changes:
        item = expected.setdefault(item_id, {})
        item.update(given_fields)
        for name, text in appended.items():
            item[name] = item.get(name, "") + text
        events.append(item_updated({**given_fields, "append": {**appended}}, item_id))
    assert snapshot.items_of(numbered(*events)) == expected


@given(pieces=st.lists(st.text(max_size=5)), final=st.text())
def test_the_completed_item_is_what_counts(pieces: list[str], final: str) -> None:
    updates = [item_updated({"append": {"text": piece}}) for piece in pieces]
    events = numbered(*updates, said("assistant", final))
    assert snapshot.items_of(events)["itm_1"]["text"] == final
    assert snapshot.completed_items(events) == {"itm_1"}


@given(cut=st.integers(0, 12))
def test_a_header_can_be_folded_in_two_parts(cut: int) -> None:
    usage: JsonObject = {"model": "m", "usage": {"input": 3}, "cost": 0.5}
    events = numbered(
        Draft(type=EventType.SESSION_CREATED, data=header().wire()),
        *[said("user", "x"), Draft(type=EventType.USAGE_RECORDED, data=usage)] * 5,
    )
    whole = snapshot.fold_session(events)
    assert (whole.message_count, whole.usage.input, whole.cost) == (5, 15, 2.5)
    cut = max(cut, 1)
    assert snapshot.fold_session(events[cut:], snapshot.fold_session(events[:cut])) == whole


def test_a_header_needs_its_beginning() -> None:
    with pytest.raises(Invalid):
        snapshot.fold_session(numbered(said("user", "x")))
    with pytest.raises(Invalid):
        snapshot.fold_session([])


@given(decisions=st.lists(st.booleans(), max_size=8))
def test_open_permissions_are_those_that_nobody_decided(decisions: list[bool]) -> None:
    wanted = [permission(f"itm_{n}", f"per_{n}") for n in range(len(decisions))]
    answers = [decided(each, "allow") for each, is_decided in zip(wanted, decisions, strict=True) if is_decided]
    events = numbered(*map(requested, wanted), *answers)
    assert snapshot.open_permissions(events) == [
        each for each, is_decided in zip(wanted, decisions, strict=True) if not is_decided
    ]


def test_the_last_queue_and_the_last_list_count() -> None:
    message: JsonObject = {"messageId": "m", "content": [{"type": "text", "text": "x"}], "delivery": "steer"}
    filled = Draft(type=EventType.QUEUE_CHANGED, data={"queue": [message]})
    empty = Draft(type=EventType.QUEUE_CHANGED, data={"queue": []})
    todos = Draft(type=EventType.TODO_CHANGED, data={"todos": [{"text": "one"}, {"text": "two"}]})
    assert [each.message_id for each in snapshot.queue_of(numbered(empty, filled, todos))] == ["m"]
    assert snapshot.queue_of(numbered(filled, empty)) == []
    assert [each.text for each in snapshot.todos_of(numbered(todos, filled))] == ["one", "two"]
    assert snapshot.todos_of([]) == []


def test_a_question_is_open_until_it_is_resolved() -> None:
    asked = Draft(
        type=EventType.QUESTION_ASKED, data={"questionId": "q", "sessionId": "s", "itemId": "i", "text": "Which?"}
    )
    resolved = Draft(type=EventType.QUESTION_RESOLVED, data={"questionId": "q", "answer": "this"})
    assert [each.text for each in snapshot.open_questions(numbered(asked))] == ["Which?"]
    assert snapshot.open_questions(numbered(asked, resolved)) == []


def test_a_turn_is_open_until_it_ends() -> None:
    assert snapshot.open_turn(numbered(said("user", "x"), turn_started())) == 2
    assert snapshot.open_turn(numbered(turn_started(), turn_ended())) is None
    assert snapshot.open_turn(numbered(said("user", "x")), 7) == 7
