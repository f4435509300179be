"""Server-sent events from bytes cut anywhere, beside a decoder of the same standard."""

from itertools import pairwise

import httpx
import httpx_sse
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch_ls.models.sse import EventDecoder, LineTooLong, ServerEvent

LINES = st.sampled_from(
    (
        *("data: {}", "data:x", "data:  two blanks", "data", "data:", "event: ping", "event:", "id: 7", "retry: 5"),
        *(": a comment", ":", "nonsense", "data: \u2028 is no line end \x85 nor \x0b this", "data: é 😀", ""),
    )
)
ENDS = st.sampled_from(["\n", "\r\n", "\r"])
STREAMS = st.lists(st.tuples(LINES, ENDS), max_size=30).map(lambda lines: "".join(line + end for line, end in lines))


def decoded(data: bytes, cuts: list[int]) -> list[ServerEvent]:
    decoder = EventDecoder()
    places = [0, *sorted({cut % (len(data) + 1) for cut in cuts}), len(data)]
    return [event for start, stop in pairwise(places) for event in decoder.feed(data[start:stop])]


@given(STREAMS, st.lists(st.integers(min_value=0)))
def test_as_another_decoder_wherever_it_is_cut(stream: str, cuts: list[int]) -> None:
    # no line end of its own may follow: that decoder takes the end of the stream for one
    data = (stream + "data: the last line\n").encode()
    response = httpx.Response(200, headers={"content-type": "text/event-stream"}, content=data)
    expected = [event for event in httpx_sse.EventSource(response).iter_sse() if event.data]
    found = [event for event in decoded(data, cuts) if event.data]
    assert [(event.name or "message", event.data.decode()) for event in found] == [
        (event.event or "message", event.data) for event in expected
    ]


@given(STREAMS, st.lists(st.integers(min_value=0)))
def test_the_cuts_make_no_difference(stream: str, cuts: list[int]) -> None:
    data = stream.encode()
    assert decoded(data, cuts) == decoded(data, [])


@pytest.mark.parametrize("cuts", [[], [1], [2], [1, 2], [3]])
def test_a_byte_order_mark_is_no_part_of_the_first_line(cuts: list[int]) -> None:
    assert decoded(b"\xef\xbb\xbfdata: x\n\n", cuts) == [ServerEvent("", b"x")]


def test_several_data_lines_are_one_event() -> None:
    assert decoded(b"event: a\ndata: 1\ndata: 2\n\n", []) == [ServerEvent("a", b"1\n2")]


def test_an_event_without_its_blank_line_was_cut_off() -> None:
    assert decoded(b"data: whole\n\ndata: half\n", []) == [ServerEvent("", b"whole")]


@pytest.mark.parametrize("piece", [b"x" * 100, b"data: " + b"x" * 40 + b"\n"], ids=["one line", "one event"])
def test_what_never_ends_is_given_up(piece: bytes) -> None:
    decoder = EventDecoder(limit=1000)
    events = (event for _ in range(100) for event in decoder.feed(piece))
    with pytest.raises(LineTooLong):
        list(events)


def test_a_flood_of_comments_costs_nothing() -> None:
    decoder = EventDecoder(limit=1000)
    assert [event for _ in range(10_000) for event in decoder.feed(b": still thinking\n\n")] == []
