"""Merging, comparing, places, roots and large answers, without a server."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch_ls.config.settings import LanguageServer as Override
from dispatch_ls.languages.change import LineMap, difference
from dispatch_ls.languages.decoding import decoded
from dispatch_ls.languages.detect import find_program, root_of
from dispatch_ls.languages.merge import MOST_PER_SERVER, FileProblems, limited, merged, problems_of
from dispatch_ls.languages.positions import code_points, lines_of, path_of, real
from dispatch_ls.languages.registry import specs
from dispatch_ls.languages.spec import ServerSpec
from dispatch_ls.languages.texts import Texts
from dispatch_ls.protocol.base import JsonObject
from dispatch_ls.protocol.items import Problem, Severity

URI = "file:///a.py"
LINES = st.lists(st.sampled_from("abcdef"), max_size=30)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def problem(line: int, message: str = "wrong", severity: Severity = Severity.ERROR, uri: str = URI) -> Problem:
    return Problem(uri=uri, line=line, column=1, severity=severity, message=message, source="s", code="c")


def diagnostic(severity: int) -> JsonObject:
    return {"severity": severity, "message": str(severity)}


def read(item: JsonObject, text: str = "one\ntwo\n", encoding: str = "utf-16") -> Problem:
    (found,) = problems_of([item], text, uri=URI, server="fake", encoding=encoding)
    return found


def span(*places: int) -> JsonObject:
    line, character, end_line, end_character = places
    return {
        "start": {"line": line, "character": character},
        "end": {"line": end_line, "character": end_character},
    }


@given(TEXT, st.sampled_from([("utf-16", 2), ("utf-8", 1), ("utf-32", 4)]))
def test_any_column_comes_back_as_code_points(line: str, encoding: tuple[str, int]) -> None:
    name, width = encoding
    for count in range(len(line) + 1):
        character = len(line[:count].encode(f"{name}-le" if width > 1 else name)) // width
        assert code_points(line, character, name) == count
    assert code_points(line, 10_000, name) == len(line)


@given(st.lists(st.text(st.characters(exclude_characters="\r\n"), max_size=5)), st.sampled_from(["\n", "\r\n", "\r"]))
def test_lines_end_only_where_the_protocol_says(lines: list[str], end: str) -> None:
    assert lines_of(end.join(lines)) == (lines or [""])


@pytest.mark.parametrize("name", ["plain.py", "with space.py", "hash#.py", "percent%41.py", "ünï.py", "colon:.py"])
def test_a_uri_names_its_path_again(tmp_path: Path, name: str) -> None:
    assert path_of((tmp_path / name).as_uri()) == real(tmp_path / name)
    assert path_of("file://" + (tmp_path / name).as_uri()[7:].replace(":", "%3A")) == real(tmp_path / name)


def test_a_link_and_what_it_names_are_one_file(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert path_of((tmp_path / "link" / "a.py").as_uri()) == real(tmp_path / "real" / "a.py")
    assert path_of("untitled:Untitled-1") is None


@pytest.mark.parametrize(
    ("item", "place"),
    [
        ({"range": span(1, 0, 1, 3)}, (2, 1, 2, 4)),
        ({"range": span(-1, -5, 0, 2)}, (1, 1, 1, 3)),
        ({"range": span(1, 2, 0, 0)}, (2, 3, 2, 3)),
        ({"range": span(900, 9, 901, 0)}, (3, 1, 3, 1)),
        ({"range": span(0, 99, 0, 99)}, (1, 4, 1, 4)),
        ({"range": "everywhere"}, (1, 1, 1, 1)),
        ({}, (1, 1, 1, 1)),
    ],
)
def test_a_range_is_brought_within_the_text(item: JsonObject, place: tuple[int, int, int, int]) -> None:
    found = read(item)
    assert (found.line, found.column, found.end_line, found.end_column) == place


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({}, ("(no message)", Severity.ERROR, "fake", "")),
        (
            {"message": None, "severity": 99, "code": {"value": "E1", "target": "x"}},
            ("(no message)", Severity.ERROR, "fake", "E1"),
        ),
        ({"message": {"kind": "markdown", "value": "m"}, "code": 7, "tags": None}, ("m", Severity.ERROR, "fake", "7")),
        ({"message": "m", "severity": 2, "code": [], "source": "own"}, ("m", Severity.WARNING, "own", "")),
        ({"message": "a\u00a0b"}, ("a b", Severity.ERROR, "fake", "")),
        ({"message": "x" * 501}, ("x" * 499 + "…", Severity.ERROR, "fake", "")),
    ],
)
def test_the_rest_of_a_diagnostic_is_made_sane(item: JsonObject, expected: tuple[str, Severity, str, str]) -> None:
    found = read(item)
    assert (found.message, found.severity, found.source, found.code) == expected


def test_hints_are_dropped_and_the_gravest_are_kept() -> None:
    hint, warning, error = (diagnostic(number) for number in (4, 2, 1))
    items = [hint, *[warning] * MOST_PER_SERVER, error]
    found = problems_of(items, "", uri=URI, server="fake", encoding="utf-16")
    assert len(found) == MOST_PER_SERVER
    assert found[0].message == "1"


def test_merging_drops_doubles_and_puts_errors_first() -> None:
    late, early, warning = problem(9), problem(2), problem(1, severity=Severity.WARNING)
    assert merged([warning, late, early, late]) == [early, late, warning]


def test_caps_count_what_they_leave_out() -> None:
    many = [problem(n, uri=f"file:///{n % 4}") for n in range(100)]
    kept, left_out = limited(many, per_file=5, total=12)
    assert (len(kept), left_out) == (12, 88)
    assert limited(many[:3]) == (many[:3], 0)


@given(LINES, st.integers(0, 30), st.integers(1, 9))
def test_lines_are_followed_past_an_insertion(old: list[str], at: int, count: int) -> None:
    at = min(at, len(old))
    lines = LineMap("\n".join(old), "\n".join([*old[:at], *["inserted"] * count, *old[at:]]))
    for number in range(1, len(old) + 1):
        assert list(lines.places(number)) == [number if number <= at else number + count]


@given(LINES, LINES)
def test_every_problem_is_new_or_unchanged_and_every_old_one_fixed_or_unchanged(old: list[str], new: list[str]) -> None:
    def found(lines: list[str]) -> FileProblems:
        errors = [problem(n, line) for n, line in enumerate(lines, 1) if line in "abc"]
        return FileProblems(Path("/a.py"), "\n".join(lines), {"s": errors})

    before, after = found(old), found(new)
    change = difference(before, after)
    assert len(change.new) + change.unchanged == len(after.merged)
    assert len(change.fixed) + change.unchanged == len(before.merged)
    if old == new:
        assert (change.new, change.fixed) == ([], [])


def test_an_error_on_an_edited_line_that_stays_is_not_new() -> None:
    before = FileProblems(Path("/a.py"), "a\nnope(1)\nb", {"s": [problem(2)]})
    after = FileProblems(Path("/a.py"), "a\nx\nnope(2)\nb", {"s": [problem(3), problem(1, "other")]})
    change = difference(before, after)
    assert ([found.message for found in change.new], change.fixed, change.unchanged) == (["other"], [], 1)


def test_a_large_replacement_is_not_compared_line_by_line() -> None:
    old, new = ("\n".join(f"{word}{n}" for n in range(20_000)) for word in ("a", "b"))
    assert LineMap(old, new).places(5) == range(1, 20_001)


@pytest.mark.parametrize(
    "message",
    [
        {"id": 1, "result": {"kind": "full", "items": [{"message": '"items": [é'}] * 30_000, "resultId": "1"}},
        {"method": "textDocument/publishDiagnostics", "params": {"uri": "u", "diagnostics": [{"a": [1]}] * 60_000}},
        {"id": 1, "result": [{"items": [1, 2, 3], "text": "x" * 600_000}]},
        {"id": 1, "result": {"other": "x" * 600_000}},
        {"id": 1, "result": {"items": [], "text": "x" * 600_000}},
    ],
    ids=["pull", "push", "elsewhere", "no list", "empty list"],
)
async def test_large_messages_mean_the_same_as_small_ones(message: JsonObject) -> None:
    assert await decoded(json.dumps(message).encode()) == message


async def test_broken_large_messages_are_value_errors() -> None:
    with pytest.raises(ValueError, match="Expecting"):
        await decoded(b'{"result": {"items": [{}, nonsense' + b" " * 600_000)


def test_roots(tmp_path: Path) -> None:
    for name in ("outer/lock", "outer/inner/lock", "outer/inner/marker", "lone/marker"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    spec = ServerSpec(id="s", command=("s",), languages={}, markers=("marker",), outer_markers=("lock",))
    assert root_of(spec, tmp_path / "outer/inner/a", tmp_path) == tmp_path / "outer"
    assert root_of(spec, tmp_path / "outer/inner/a", tmp_path / "outer/inner") == tmp_path / "outer/inner"
    assert root_of(spec, tmp_path / "lone/deep/a", tmp_path) == tmp_path / "lone"
    assert root_of(spec, tmp_path / "bare/a", tmp_path) == tmp_path


def test_programs_are_the_projects_own_before_those_on_path(tmp_path: Path) -> None:
    def program(name: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
        path.chmod(0o755)
        return path

    workspace = tmp_path / "workspace"
    on_path, near, far = (
        program("bin/tool"),
        program("workspace/sub/.venv/bin/tool"),
        program("workspace/node_modules/.bin/tool"),
    )
    environment = {"PATH": str(tmp_path / "bin")}
    assert find_program("tool", workspace / "sub", workspace, environment) == near
    assert find_program("tool", workspace, workspace, environment) == far
    far.chmod(0o644)
    assert find_program("tool", workspace, workspace, environment) == on_path
    assert find_program("./sub/.venv/bin/tool", workspace, workspace, environment) == near
    assert find_program("tool; touch x", workspace, workspace, environment) is None


def test_settings_go_over_what_is_known() -> None:
    own = Override(settings={"basedpyright": {"analysis": {"typeCheckingMode": "strict"}}}, roots=["here"])
    new = Override(command=["mine", "--stdio"], extensions=[".mine"])
    found = {spec.id: spec for spec in specs({"basedpyright": own, "ruff": Override(enabled=False), "mine": new})}
    assert "ruff" not in found
    assert found["basedpyright"].command == ("basedpyright-langserver", "--stdio")
    assert found["basedpyright"].markers == ("here",)
    assert found["basedpyright"].settings == {
        "basedpyright": {"analysis": {"typeCheckingMode": "strict", "diagnosticMode": "openFilesOnly"}}
    }
    assert (found["mine"].command, dict(found["mine"].languages)) == (("mine", "--stdio"), {".mine": "mine"})


def test_texts_keep_line_ends_and_leave_out_the_byte_order_mark(tmp_path: Path) -> None:
    path = real(tmp_path) / "a.py"
    texts = Texts()
    assert texts.read(path) is None
    path.write_bytes(b"\xef\xbb\xbfa\r\nb\rc\n\xff")
    assert texts.read(path) == "a\r\nb\rc\n\ufffd"
    texts.opened(path.as_uri(), "\ufeffeditor\r\n")
    assert texts.read(path) == texts.buffer(path) == "editor\r\n"
    texts.closed(path.as_uri())
    assert texts.read(path) == "a\r\nb\rc\n\ufffd"


def test_a_write_of_the_same_size_at_once_is_not_missed(tmp_path: Path) -> None:
    path, texts = real(tmp_path) / "a.py", Texts()
    for text in ("one", "two"):
        path.write_text(text)
        assert texts.stale([path]) == [path]
        assert texts.read(path) == text
