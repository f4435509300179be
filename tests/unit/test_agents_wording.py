"""What the model reads of a message, and titles."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from dispatch_ls.agents.wording import TITLE_LENGTH, name_of, text_of, title_of
from dispatch_ls.protocol.items import (
    Content,
    DiagnosticContent,
    Position,
    Problem,
    Range,
    SelectionContent,
    Severity,
    TextContent,
)

ROOT = Path("/project")
PROBLEM = Problem(
    uri="file:///project/a%20b/shop.py",
    line=3,
    column=5,
    severity=Severity.ERROR,
    message="bad\nvery",
    source="checker",
)


def test_a_problem_names_its_file_as_tools_do() -> None:
    content: list[Content] = [DiagnosticContent(problem=PROBLEM), TextContent(text="Fix it.")]
    assert text_of(content, ROOT) == "Problem: a b/shop.py:3:5: error: bad\nvery (checker)\n\nFix it."
    assert title_of(content, ROOT) == "shop.py: bad"


def test_a_selection_says_where_it_is() -> None:
    place = Range(start=Position(line=0, character=0), end=Position(line=1, character=4))
    selection = SelectionContent(uri="file:///project/a.py", range=place, text="one\ntwo")
    assert text_of([selection], ROOT) == "Selected in a.py, lines 1 to 2:\n```\none\ntwo\n```"


def test_what_is_elsewhere_keeps_its_whole_name() -> None:
    assert name_of("file:///other/a.py", ROOT) == "/other/a.py"
    assert name_of("untitled:Untitled-1", ROOT) == "untitled:Untitled-1"


@given(st.text())
def test_a_title_is_one_short_line(text: str) -> None:
    title = title_of([TextContent(text=text)], ROOT)
    assert title
    assert len(title) <= TITLE_LENGTH + 1
    assert len(title.splitlines()) == 1
