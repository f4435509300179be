"""Positions and edits as LSP counts them."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dispatch_ls.editor.texts import changed, code_points, edits, lines_of, utf16_length

TEXTS = st.text(st.sampled_from("ab\n\r🦊é\u2028\x0c\x85"), max_size=40)


def place(text: str, offset: int) -> dict[str, Any]:
    """The LSP position of a character, counted in the plainest way."""
    line = start = 0
    index = 0
    while index < offset:
        if text[index] == "\n" or (text[index] == "\r" and text[index + 1 : index + 2] != "\n"):
            line, start = line + 1, index + 1
        index += 1
    return {"line": line, "character": len(text[start:offset].encode("utf-16-le")) // 2}


def between(text: str, offset: int) -> bool:
    """Whether the offset is inside a CRLF, where LSP has no position."""
    return text[offset - 1 : offset + 1] == "\r\n"


@given(TEXTS, st.integers(0, 40), st.integers(0, 40), TEXTS)
def test_a_change_replaces_exactly_its_range(text: str, one: int, other: int, new: str) -> None:
    start, end = sorted((min(one, len(text)), min(other, len(text))))
    if between(text, start) or between(text, end):
        return
    change: dict[str, Any] = {"range": {"start": place(text, start), "end": place(text, end)}, "text": new}
    assert changed(text, change) == text[:start] + new + text[end:]


@given(TEXTS, TEXTS)
def test_edits_turn_one_text_into_the_other(before: str, after: str) -> None:
    text = before
    for edit in reversed(edits(before, after)):
        assert isinstance(edit, dict)
        text = changed(text, {"range": edit["range"], "text": edit["newText"]})
    assert text == after


@given(st.integers(1, 300), st.data())
def test_edits_leave_lines_alone_that_stay(count: int, data: st.DataObject) -> None:
    lines = [f"line {number}\n" for number in range(count)]
    at = data.draw(st.integers(0, count - 1))
    after = [*lines[:at], "new\n", *lines[at + 1 :]]
    only = {
        "range": {"start": {"line": at, "character": 0}, "end": {"line": at + 1, "character": 0}},
        "newText": "new\n",
    }
    assert edits("".join(lines), "".join(after)) == [only]


def test_a_huge_change_is_one_edit() -> None:
    before = "".join(f"a{number}\n" for number in range(5000))
    assert len(edits(before, before.replace("a", "b"))) == 1


@given(TEXTS)
def test_lines_are_the_whole_text(text: str) -> None:
    assert "".join(lines_of(text)) == text


def test_lines_end_where_lsp_says_and_nowhere_else() -> None:
    assert lines_of("a\r\nb\rc\nd\u2028e\x0cf") == ["a\r\n", "b\r", "c\n", "d\u2028e\x0cf"]


def test_positions_behind_the_end_of_a_line_are_its_end() -> None:
    assert code_points("ab\r\n", 99) == 2
    assert code_points("🦊b\n", 99) == 2
    assert code_points("🦊b\n", 2) == 1


@given(st.text(max_size=30))
def test_utf16_length(text: str) -> None:
    assert utf16_length(text) == sum(2 if ord(character) > 0xFFFF else 1 for character in text)
