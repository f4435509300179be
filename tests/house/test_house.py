"""What holds for every file of the repository."""

import ast
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import dispatch_ls

ROOT = Path(__file__).parents[2]
LISTED = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
TRACKED = [file for name in LISTED.split("\0") if name and (file := ROOT / name).is_file()]
PYTHON = [file for file in TRACKED if file.suffix == ".py"]
TESTS = [file for file in PYTHON if file.name.startswith("test_") or file.name == "conftest.py"]
"""Not what they are helped by: a stand-in for a slow server has to be slow."""

LONGEST, LONGEST_TEST = 250, 400
"""Lines of a source file, and of a list of tests; a longer one has a reason."""

LONGER = {
    "server/dispatch_ls/editor/rpc.py": "one connection: requests in both directions share their ids and their end",
    "server/dispatch_ls/protocol/methods.py": "the one table of the wire, and the shapes it names",
    "vscode-client/src/webview/styles/tool.css": "one kind of row in all its states",
}
"""File by its path: why it is longer than LONGEST."""

GENERATED = {"vscode-client/src/protocol.ts"}

FOREIGN = re.compile(
    "|".join(
        (
            r"(?<![\w.<>}/])/(?:work|root)/",  # a path of one machine
            r"registry\.npm" + r"js\.org|files\.python" + r"hosted|deb\.debian" + r"\.org|//pypi\." + r"org",
            r"\bTO" + r"DO\b|\bFIX" + r"ME\b|\bXX" + r"X\b",
        )
    )
)
UNREAD = {"uv.lock", "tests/house/test_house.py"}
"""Where FOREIGN may stand: the lock names its registry, this file the pattern."""


def test_source_files_are_short_or_have_a_reason() -> None:
    sources = [file for file in TRACKED if file.suffix in {".py", ".ts", ".mjs", ".lua", ".css", ".sh"}]
    assert {name(file) for file in sources if len(lines(file)) > longest(file)} - GENERATED == set(LONGER)


def test_every_module_says_what_it_is() -> None:
    assert [name(file) for file in PYTHON if lines(file) and not ast.get_docstring(tree(file))] == []


def test_nothing_foreign_stands_in_a_file() -> None:
    assert [f"{where}: {line.strip()[:120]}" for where, line in text_lines() if FOREIGN.search(line)] == []


def test_no_test_waits_for_the_clock() -> None:
    assert [place for file in TESTS for place in calls(file, {"sleep"})] == []


def test_no_test_is_skipped() -> None:
    skipping = {"skip", "skipif", "xfail", "importorskip"}
    assert [place for file in TESTS for place in named(file, skipping)] == []


def test_one_version_everywhere() -> None:
    package = json.loads((ROOT / "vscode-client/package.json").read_text(encoding="utf-8"))
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert package["version"] == dispatch_ls.__version__
    assert f"## [{dispatch_ls.__version__}]" in changes


def test_links_of_the_documents_lead_somewhere() -> None:
    links = [
        (file, link)
        for file in TRACKED
        if file.suffix == ".md" and not file.is_relative_to(ROOT / "server")
        for link in re.findall(r"\]\((?![a-z]+:|#)([^)#]+)", file.read_text(encoding="utf-8"))
    ]
    assert [f"{name(file)}: {link}" for file, link in links if not (file.parent / link).exists()] == []


def test_documents_name_real_targets() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    documents = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", ROOT / "CHANGELOG.md"]
    said = {target for file in documents for target in re.findall(r"`make ([a-z]+)", file.read_text(encoding="utf-8"))}
    assert said <= targets


def longest(file: Path) -> int:
    return LONGEST_TEST if "test" in name(file).split("/")[:2] or "tests" in file.parts else LONGEST


def name(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines()


def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def text_lines() -> Iterator[tuple[str, str]]:
    """Every line of every text file of the repository, and where it stands."""
    for file in TRACKED:
        data = file.read_bytes()
        if name(file) in UNREAD or b"\0" in data:
            continue
        text = data.decode(errors="replace").splitlines()
        yield from ((f"{name(file)}:{number}", line) for number, line in enumerate(text, 1))


def calls(file: Path, functions: set[str]) -> Iterator[str]:
    """Where a function of one of these names is called; giving up the turn, `sleep(0)`, waits for nothing."""
    for node in ast.walk(tree(file)):
        if not isinstance(node, ast.Call) or (node.args and ast.unparse(node.args[0]) == "0"):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called in functions:
            yield f"{name(file)}:{node.lineno}"


def named(file: Path, attributes: set[str]) -> Iterator[str]:
    """Where `pytest.<attribute>` or `pytest.mark.<attribute>` stands."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Attribute) and node.attr in attributes and ast.unparse(node).startswith("pytest."):
            yield f"{name(file)}:{node.lineno}"
