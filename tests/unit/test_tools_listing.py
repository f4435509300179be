"""Listing: what git would list, bounded, without following links."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dispatch_ls.tools import beneath
from dispatch_ls.tools.glob import Glob
from dispatch_ls.tools.ignore import Ignores
from dispatch_ls.tools.listing import Walk
from support.tools import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


async def test_a_directory_and_a_glob(desk: Desk) -> None:
    for name in ("a.py", "b.txt", "src/c.py", "src/deep/d.ts", "src/deep/.hidden"):
        desk.put(name, "x")
    desk.path("link").symlink_to("a.py")
    assert await desk.done("list_files") == "a.py\nb.txt\nlink@\nsrc/"
    assert await desk.done("list_files", pattern="**/*.{py,ts}") == "a.py\nsrc/c.py\nsrc/deep/d.ts"
    assert await desk.done("list_files", path="src", pattern="**") == "c.py\ndeep/\ndeep/.hidden\ndeep/d.ts"
    assert await desk.done("list_files", pattern="*.rs") == "[nothing in . matches *.rs]"
    assert "does not exist" in await desk.failed("list_files", path="sr")
    assert "not a directory" in await desk.failed("list_files", path="a.py")
    assert "`..`" in await desk.failed("list_files", pattern="../*")


async def test_what_git_ignores_is_left_out_unless_it_is_asked_for(desk: Desk) -> None:
    desk.put(".gitignore", "node_modules/\n*.log\n!keep.log\n[z-a]\n")
    desk.put("sub/.gitignore", "/only-here\n!*.log\n")
    for name in ("node_modules/m/index.js", "a.log", "keep.log", "sub/b.log", "sub/only-here", "sub/x/only-here"):
        desk.put(name, "x")
    desk.put(".git/config", "x")
    desk.put("sub/x/.gitignore/directory", "x")
    assert await desk.done("list_files", pattern="**/*") == (
        ".gitignore\nkeep.log\nsub/\nsub/.gitignore\nsub/b.log\nsub/x/\nsub/x/.gitignore/\nsub/x/.gitignore/directory\nsub/x/only-here"
    )
    assert await desk.done("list_files", path="sub") == ".gitignore\nb.log\nx/"
    assert await desk.done("list_files", path="node_modules", pattern="**/*.js") == "m/index.js"


NAMES = ["a", "b.log", "build", "x.py", "doc"]
RULES = [
    "*.log",
    "build/",
    "/a",
    "doc/*.py",
    "\\#x",
    "\\!x.py",
    "[^a]",
    "!x.py",
    "**/build",
    "a/**",
    "# no",
    "",
    "b.log ",
    "!doc/",
    "x?py",
    "*",
]


@given(
    files=st.sets(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map("/".join), max_size=8),
    rules=st.dictionaries(
        st.sampled_from(["", "doc", "build/a"]), st.lists(st.sampled_from(RULES), max_size=4), max_size=2
    ),
)
@example(files={"doc/build/a"}, rules={"": ["build/", "!doc/"]})
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100, deadline=None)
def test_ignoring_is_what_git_does(
    tmp_path_factory: pytest.TempPathFactory, files: set[str], rules: dict[str, list[str]]
) -> None:
    top = tmp_path_factory.mktemp("repo")
    subprocess.run(["git", "init", "-q", str(top)], check=True)
    for name in files:
        if not any(name.startswith(f"{other}/") or other.startswith(f"{name}/") for other in files):
            (top / name).parent.mkdir(parents=True, exist_ok=True)
            (top / name).write_text("x")
    for directory, lines in rules.items():
        if (top / directory).is_dir():
            (top / directory / ".gitignore").write_text("\n".join(lines))
    command = ["git", "-C", str(top), "ls-files", "--others", "--exclude-standard"]
    wanted = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    root = beneath.open_root(top.resolve())
    found = Walk(Glob("**"), 1000).run(root, (), Ignores()).names
    assert sorted(name for name in found if not name.endswith("/")) == sorted(wanted)


async def test_links_are_not_followed_and_a_loop_ends(desk: Desk) -> None:
    """PE-13."""
    (desk.outside / "private").mkdir()
    (desk.outside / "private" / "key").write_text("x")
    desk.put("d/file", "x")
    desk.path("d/loop").symlink_to("..")
    desk.path("d/out").symlink_to(desk.outside / "private")
    assert await desk.done("list_files", pattern="**") == "d/\nd/file\nd/loop@\nd/out@"
    assert "symbolic link" in await desk.failed("list_files", path="d/out")


async def test_too_many_names_are_cut_with_a_note(desk: Desk) -> None:
    for number in range(501):
        desk.put(f"{number:04}", "")
    lines = (await desk.done("list_files")).split("\n")
    assert len(lines) == 501
    assert lines[-1] == "[truncated: the first 500; narrow the path or the pattern]"


def test_a_walk_ends_after_so_many_entries(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"d{number}").mkdir()
        (tmp_path / f"d{number}" / "f").touch()
    listing = Walk(Glob("**/f"), 1000, visited=40).run(beneath.open_root(tmp_path.resolve()), (), Ignores())
    assert listing.truncated
    assert len(listing.names) == 10


async def test_hostile_names_and_rules_do_no_harm(desk: Desk) -> None:
    desk.put("a\x1b[31m\n", "x")
    (desk.workspace / "b\udcff").touch()
    desk.put(".gitignore", "*a*a*a*a*a*a*a*b\n")
    desk.put("a" * 200, "x")
    assert await desk.done("list_files", pattern="[ab]*") == f"a\\x1b[31m\\n\n{'a' * 200}\nb\\udcff"
    assert "alternatives" in await desk.failed("list_files", pattern="{a,b}" * 10)
    assert "[nothing" in await desk.done("list_files", pattern="*a" * 60 + "c")
    assert "[nothing" in await desk.done("list_files", pattern="**/" * 60 + "c")


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("*.py", "a.py", True),
        ("*.py", "d/a.py", False),
        ("**/*.py", "a.py", True),
        ("**/*.py", "d/e/a.py", True),
        ("d/**", "d/e/f", True),
        ("d/**/f", "d/f", True),
        ("./d/[a-c]?", "d/bx", True),
        ("d/[!a]", "d/a", False),
        ("{a,b/{c,d}}", "b/d", True),
        ("a**b", "axxb", True),
    ],
)
def test_globs(pattern: str, path: str, matches: bool) -> None:
    assert Glob(pattern).matches(path.split("/")) is matches
