"""The base protocol, fed in any pieces."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch_ls.editor.framing import Framing, FramingError, frame

HEADS = st.sampled_from(
    [b"Content-Length: %d\r\n\r\n", b"content-length:%d\n\n", b"Content-Type: a; b=c\r\nCONTENT-LENGTH:\t%d \r\n\r\n"]
)
MESSAGES = st.lists(st.tuples(HEADS, st.binary(max_size=200)), max_size=6)


@given(MESSAGES, st.lists(st.integers(0, 2000), max_size=20))
def test_bodies_come_out_as_they_went_in_wherever_the_stream_is_cut(
    messages: list[tuple[bytes, bytes]], cuts: list[int]
) -> None:
    stream = b"".join(head % len(body) + body for head, body in messages)
    places = [0, *sorted(cuts), len(stream)]
    framing = Framing()
    bodies = [body for a, b in pairwise(places) for body in framing.feed(stream[a:b])]
    assert bodies == [body for _, body in messages]
    assert not framing.inside


@given(st.binary(max_size=300))
def test_any_bytes_are_a_message_an_error_or_wait_for_more(data: bytes) -> None:
    framing = Framing(max_body=100)
    try:
        bodies = list(framing.feed(data))
    except FramingError:
        return
    assert sum(map(len, bodies)) <= len(data)


@pytest.mark.parametrize(
    "stream",
    [b"Content-Length: -1\r\n\r\n", b"Content-Length: 1e3\r\n\r\n", b"Content-Length: 101\r\n\r\n", b"no header\n\n"],
)
def test_what_cannot_be_followed_is_an_error_at_once(stream: bytes) -> None:
    with pytest.raises(FramingError):
        list(Framing(max_body=100).feed(stream))


def test_a_header_without_end_is_an_error() -> None:
    with pytest.raises(FramingError):
        list(Framing().feed(b"a" * 10_000))


def test_the_end_in_the_middle_of_a_message_can_be_told() -> None:
    framing = Framing()
    list(framing.feed(frame(b"{}") + frame(b"{}")[:-1]))
    assert framing.inside
