"""Editing: exact, with the file's own line ends; helpful where the quote does not match; a patch that git applies."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispatch_ls.protocol.errors import ToolFailed
from dispatch_ls.protocol.items import DiagnosticChange, Problem, Severity
from dispatch_ls.tools.checking import Verdict
from dispatch_ls.tools.diff import LARGEST, first_difference, patch
from dispatch_ls.tools.problems import after_write
from dispatch_ls.tools.replacing import replace
from support.tools import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


async def test_a_quote_with_plain_line_ends_matches_a_crlf_file(desk: Desk) -> None:
    desk.put("a.txt", b"\xef\xbb\xbfone\r\ntwo\r\nthree\r\n")
    outcome = await desk.call("edit_file", path="a.txt", old_text="one\ntwo\n", new_text="1\n2\n2.5\n")
    assert desk.path("a.txt").read_bytes() == b"\xef\xbb\xbf1\r\n2\r\n2.5\r\nthree\r\n"
    assert outcome.output == "Edited a.txt."
    assert outcome.locations[0].line == 1


def test_lines_of_a_mixed_file_that_stay_keep_their_ends() -> None:
    text, count = replace("a\nb\r\nc\nd\r\n", "a\nb\nc\nd", "a\nB\nx\nc\nd", everywhere=False, name="f")
    assert (text, count) == ("a\nB\r\nx\r\nc\nd\r\n", 1)


@given(
    lines=st.lists(
        st.tuples(st.sampled_from(["", "a", "b ", "\tc", "é"]), st.sampled_from(["\n", "\r\n"])), max_size=8
    ),
    data=st.data(),
)
@settings(max_examples=300)
def test_what_is_around_an_edit_stays_and_undoing_it_gives_the_file_back(
    lines: list[tuple[str, str]], data: st.DataObject
) -> None:
    before, after = ("".join(line + end for line, end in part) for part in (lines[:4], lines[4:]))
    ends = data.draw(st.sampled_from(["\n", "\r\n"]))
    text = f"{before}<<{ends}>>{after}"
    changed, _ = replace(
        text, "<<\n>>" if ends == "\n" or "\r\n" in text else text, "[[\n]]", everywhere=False, name="f"
    )
    assert changed == f"{before}[[{ends}]]{after}"
    assert replace(changed, "[[\n]]", "<<\n>>", everywhere=False, name="f")[0] == text


async def test_more_than_one_match_is_refused_unless_all_are_meant(desk: Desk) -> None:
    desk.put("a.txt", "x = 1\ny = 1\nx = 1\n")
    said = await desk.failed("edit_file", path="a.txt", old_text="x = 1", new_text="x = 2")
    assert "2 times, at lines 1, 3" in said
    assert await desk.done("edit_file", path="a.txt", old_text="x = 1", new_text="x = 2", all=True) == (
        "Edited a.txt, 2 places."
    )
    assert desk.path("a.txt").read_text() == "x = 2\ny = 1\nx = 2\n"


@pytest.mark.parametrize(
    ("old", "said"),
    [
        ("def area(width, heigth):", "The nearest is line 3:\n3\tdef area(width, height):"),
        ("def area(width,  height):\n  return width * height", "Only white space differs at line 3:\n3\tdef area"),
        ("3\tdef area(width, height):\n4\t    return width", "without the line numbers"),
        ("zebra crossing", "Nothing in it comes near"),
        ("", "old_text is empty"),
        ("math", "old_text and new_text are the same"),
    ],
)
async def test_a_quote_that_does_not_match_gets_help(desk: Desk, old: str, said: str) -> None:
    desk.put("a.py", "import math\n\ndef area(width, height):\n    return width * height\n")
    assert said in await desk.failed("edit_file", path="a.py", old_text=old, new_text="math")


def test_help_is_found_in_a_huge_file_too() -> None:
    text = "".join(f"value_{number} = compute({number})\n" for number in range(100_000))
    with pytest.raises(ToolFailed, match="The nearest is line"):
        replace(text, "value_77 = comptue(77)", "x", everywhere=False, name="f")


async def test_nothing_to_do_is_said_and_a_missing_file_too(desk: Desk) -> None:
    desk.put("main.py", "x\n")
    await desk.done("read_file", path="main.py")
    said = await desk.done("write_file", path="main.py", content="x\n")
    assert said == "main.py has that content already; nothing was written."
    assert "Near it: main.py" in await desk.failed("edit_file", path="mian.py", old_text="x", new_text="y")


lines = st.lists(st.sampled_from(["a\n", "b\n", "c\r\n", "\n", "  x \n", "--- d\n", "+++\n", "é\n"]), max_size=25).map(
    "".join
)


@given(before=lines, after=lines, tail=st.sampled_from(["", "end", "other"]), new=st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
def test_git_applies_the_patch(tmp_path: Path, before: str, after: str, tail: str, new: bool) -> None:
    old = None if new else before + tail
    made = patch("dir/file name.txt", old, after)
    file = tmp_path / "dir" / "file name.txt"
    file.parent.mkdir(exist_ok=True)
    file.unlink(missing_ok=True)
    if old is not None:
        file.write_bytes(old.encode())
    if made:
        command = ["git", "apply", "--whitespace=nowarn", "--unidiff-zero", "-"]
        subprocess.run(command, input=made.encode(), cwd=tmp_path, check=True)
        assert file.read_bytes() == after.encode()
    else:
        assert old == after


def test_a_patch_is_bounded() -> None:
    old, new = ("".join(f"{word} {number}\n" for number in range(200_000)) for word in ("old", "new"))
    made = patch("f", old, new)
    assert len(made) < LARGEST + 200
    assert made.endswith("[the rest of this patch is left out]\n")
    assert first_difference("a\nb\n", "a\nc\n") == 2


def problem(line: int, message: str, severity: Severity = Severity.ERROR, name: str = "a.py") -> Problem:
    return Problem(uri=f"file:///ws/{name}", line=line, column=5, severity=severity, message=message, source="pyright")


async def test_the_verdict_of_the_servers_is_part_of_the_result(desk: Desk) -> None:
    change = DiagnosticChange(new=[problem(1, "bad")], status="pyright fresh")
    desk.servers.verdict = Verdict(change, "1 error new [pyright fresh]")
    outcome = await desk.call("write_file", path="a.py", content="x: int = ''\n")
    assert outcome.output == "Created a.py.\n1 error new [pyright fresh]"
    assert outcome.diagnostics == change
    assert desk.servers.told == ["x: int = ''\n"]


def test_errors_of_the_file_come_first_then_those_of_five_others() -> None:
    others = {f"o{number}.py": [problem(number, "broken", name=f"o{number}.py")] for number in range(1, 8)}
    own = [problem(9, "w", Severity.WARNING), problem(7, "hint", Severity.HINT), problem(30, "new one")]
    change = DiagnosticChange(new=[own[2]], fixed=[problem(1, "gone")], unchanged=1, status="pyright fresh")
    told = after_write("a.py", change, own, others, complete=True)
    assert told.split("\n")[:4] == [
        "1 error new, 1 fixed, 1 as before [pyright fresh]",
        "a.py:",
        "  30:5 error: new one [pyright]  (new)",
        "  9:5 warning: w [pyright]",
    ]
    assert "o5.py" in told
    assert "o6.py" not in told
    assert "hint" not in told


def test_a_flood_of_problems_is_bounded() -> None:
    own = [problem(number, "x" * 2000) for number in range(1000)]
    told = after_write("a.py", DiagnosticChange(new=own[:20]), own, {}, complete=True)
    assert told.endswith("… and 980 more")
    assert len(told) < 15_000


def test_silence_is_never_called_clean() -> None:
    silent = DiagnosticChange(status="pyright timeout")
    assert after_write("a.py", silent, [], {}, complete=False) == "not fully checked (pyright timeout)"
    some = DiagnosticChange(fixed=[problem(1, "gone")], status="pyright timeout, ruff fresh")
    told = after_write("a.py", some, [], {}, complete=False)
    assert told == "not fully checked (pyright timeout, ruff fresh); so far 1 fixed"
    assert (
        after_write("a.py", DiagnosticChange(status="ruff fresh"), [], {}, complete=True) == "no problems [ruff fresh]"
    )
