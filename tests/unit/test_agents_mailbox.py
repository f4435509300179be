"""The queue of a session: nothing lost, nothing twice, order kept (LOOP-6)."""

from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from dispatch_ls.agents.mailbox import Mailbox
from dispatch_ls.protocol.items import TextContent
from dispatch_ls.protocol.sessions import QueuedMessage

Delivery = Literal["steer", "queue"]


def message(number: int, delivery: Delivery = "steer") -> QueuedMessage:
    return QueuedMessage(message_id=f"m{number}", content=[TextContent(text=str(number))], delivery=delivery)


def ids(messages: list[QueuedMessage]) -> list[str]:
    return [each.message_id for each in messages]


def test_steering_overtakes_a_message_that_waits_for_the_end() -> None:
    mailbox = Mailbox([message(1), message(2, "queue"), message(3)])
    assert ids(mailbox.take_steering()) == ["m1", "m3"]
    assert ids(mailbox.take_steering()) == []
    assert ids(mailbox.take_next()) == ["m2"]


def test_the_next_turn_starts_with_what_came_first() -> None:
    mailbox = Mailbox([message(1), message(2), message(3, "queue"), message(4)])
    assert ids(mailbox.take_next()) == ["m1", "m2"]
    assert ids(mailbox.take_next()) == ["m3"]
    assert ids(mailbox.take_next()) == ["m4"]


def test_a_message_can_be_taken_back_once() -> None:
    mailbox = Mailbox([message(1), message(2)])
    changed = mailbox.remove("m1")
    assert changed is not None
    assert [each["messageId"] for each in changed.data["queue"]] == ["m2"]  # type: ignore[index,union-attr,call-overload]
    assert mailbox.remove("m1") is None


@given(st.lists(st.sampled_from(["steer", "queue", "take steering", "take next"]), max_size=60))
def test_everything_comes_out_once_and_in_order_of_its_kind(actions: list[str]) -> None:
    mailbox, received = Mailbox(), list[str]()
    sent: dict[Delivery, list[str]] = {"steer": [], "queue": []}
    for number, action in enumerate(actions):
        match action:
            case "steer" | "queue":
                delivery: Delivery = "steer" if action == "steer" else "queue"
                mailbox.put(message(number, delivery))
                sent[delivery].append(f"m{number}")
            case "take steering":
                received += ids(mailbox.take_steering())
            case _:
                received += ids(mailbox.take_next())
    received += ids(mailbox.take_all())
    for of_a_kind in sent.values():
        assert [each for each in received if each in of_a_kind] == of_a_kind
    assert len(received) == sum(map(len, sent.values()))
