"""Writing back: one line more, every other byte as it was, and never a file that means something else."""

import os
import stat
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch_ls.config import atomic
from dispatch_ls.config.array_text import with_string
from dispatch_ls.config.load import load
from dispatch_ls.config.write import add_directory_grant, add_rule
from dispatch_ls.protocol.errors import ConfigError

LAYOUTS = [
    "",
    "# only a comment",
    "version = 1\n\n# end\n",
    '[permissions.shell]\n"*" = "ask"  # all\n\n# about lsp\n[lsp]\npublish="auto"\n',
    '[permissions]\nallow_directories = ["/a"]\n# end',
    "[permissions]\nallow_directories = []  # none\n",
    '[permissions]\nallow_directories = [ "/a", ]\n',
    '[permissions]\nallow_directories = ["/a", "/b"] # two\n[permissions.read]\n',
    '[permissions]\nallow_directories = [\n  "/a", # one\n  "/b" # two\n  # three\n] # all\n',
    '[permissions]\nallow_directories = [\n\t"/a",\n\n]\n\n\n[lsp]\n',
    "[permissions]\nallow_directories = [ # none yet\n]\n",
    '[permissions]\nshell = { "a" = "ask" } # inline\n[lsp]\n',
    '[permissions.shell]\n"a"="ask"',
    '[permissions.shell]\r\n"a"="ask"\r\n\r\n# x\r\n[lsp]\r\npublish = "auto"\r\n',
    "[permissions.shell]\n[lsp]\n",
    '[permissions.read]\n"x"="ask"\n\n\n# lsp\n[lsp]\n[permissions.edit]\n',
    '[agents.x]\n\n[permissions]\n\n[permissions.read]\na="ask"\n# foo\n\n[routes]\n',
    "permissions = {}\n",
    "[lsp]\n[permissions.read]\n[lsp.servers]\n[permissions]\n\n# shell\n[permissions.shell]",
    '[agents.x]\nprompt = """\n[permissions.shell]\nallow_directories = ["/a"]\n"""\n',
    '[agents.x]\nprompt = \'allow_directories = ["/a"]\'\n[permissions]\nallow_directories = ["/a"]\n',
]


def is_subsequence(old: str, new: str) -> bool:
    rest = iter(new)
    return all(character in rest for character in old)


@pytest.mark.parametrize("text", LAYOUTS, ids=range(len(LAYOUTS)))
def test_a_rule_is_added_and_all_else_stays(tmp_path: Path, text: str) -> None:
    file = tmp_path / "dispatch.toml"
    file.write_bytes(text.encode())
    add_rule(file, "shell", "npm run test *", "allow")
    new = file.read_bytes().decode()
    rules = load(file, None, trusted=True).settings.permissions.shell
    assert list(rules.items())[-1] == ("npm run test *", "allow")
    assert is_subsequence(text, new)


@pytest.mark.parametrize("text", LAYOUTS, ids=range(len(LAYOUTS)))
def test_a_directory_is_added_and_all_else_stays(tmp_path: Path, text: str) -> None:
    file = tmp_path / "dispatch.toml"
    file.write_bytes(text.encode())
    before = tomllib.loads(text.replace("\r", "")).get("permissions", {}).get("allow_directories", [])
    add_directory_grant(file, "/srv/data")
    new = file.read_bytes().decode()
    assert load(file, None, trusted=True).settings.permissions.allow_directories == [*before, "/srv/data"]
    assert is_subsequence(text, new)
    assert new.count("#") == text.count("#")
    add_directory_grant(file, "/srv/data")
    assert file.read_bytes().decode() == new


def test_where_the_line_goes(tmp_path: Path) -> None:
    file = tmp_path / "dispatch.toml"
    file.write_text('[permissions.shell]\n"*" = "ask"\n\n# The language servers.\n[lsp]\n')
    add_rule(file, "shell", "make test *", "allow")
    assert file.read_text() == (
        '[permissions.shell]\n"*" = "ask"\n"make test *" = "allow"\n\n# The language servers.\n[lsp]\n'
    )


def test_a_new_file(tmp_path: Path) -> None:
    file = tmp_path / "dispatch" / "dispatch.toml"
    add_rule(file, "edit", "/ws/**", "allow")
    assert file.read_text() == 'version = 1\n\n[permissions.edit]\n"/ws/**" = "allow"\n'
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_rule_that_others_came_after_moves_behind_them(tmp_path: Path) -> None:
    file = tmp_path / "dispatch.toml"
    file.write_text('[permissions.shell]\n"git status" = "allow" # mine\n"git *" = "ask"\n')
    add_rule(file, "shell", "git status", "allow")
    assert file.read_text() == '[permissions.shell]\n"git *" = "ask"\n"git status" = "allow" # mine\n'


def test_a_deny_is_not_softened(tmp_path: Path) -> None:
    file = tmp_path / "dispatch.toml"
    file.write_text('[permissions.shell]\n"rm *" = "deny"\n')
    with pytest.raises(ConfigError, match="is denied"):
        add_rule(file, "shell", "rm *", "allow")
    assert file.read_text() == '[permissions.shell]\n"rm *" = "deny"\n'


@pytest.mark.parametrize("text", ["[permissions\n", "a = 1\na = 2\n", 'permissions.shell.a = "ask"\n\xff'])
def test_a_broken_file_is_not_touched(tmp_path: Path, text: str) -> None:
    file = tmp_path / "dispatch.toml"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError):
        add_directory_grant(file, "/srv")
    assert file.read_bytes() == text.encode("latin-1")
    assert [each.name for each in tmp_path.iterdir()] == ["dispatch.toml"]


def test_a_layout_with_no_place_for_it_is_not_touched(tmp_path: Path) -> None:
    file = tmp_path / "dispatch.toml"
    file.write_text('permissions.shell.a = "ask"\n')
    with pytest.raises(ConfigError, match="laid out"):
        add_directory_grant(file, "/srv")
    assert file.read_text() == 'permissions.shell.a = "ask"\n'


def test_mode_and_link_stay(tmp_path: Path) -> None:
    target = tmp_path / "dotfiles.toml"
    target.write_text("version = 1\n")
    target.chmod(0o640)
    file = tmp_path / "dispatch.toml"
    file.symlink_to(target)
    add_directory_grant(file, "/srv")
    assert file.is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert 'allow_directories = ["/srv"]' in target.read_text()


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "dispatch.toml"
    file.write_text("version = 1\n")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        add_directory_grant(file, "/srv")
    assert file.read_text() == "version = 1\n"
    assert list(tmp_path.iterdir()) == [file]


def test_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    file = tmp_path / "dispatch.toml"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: add_rule(file, "shell", f"make {number}", "allow"), range(24)))
    assert len(load(file, None, trusted=True).settings.permissions.shell) == 24


def test_replacing_is_at_once(tmp_path: Path) -> None:
    file = tmp_path / "file"
    atomic.replace(file, b"one")
    with file.open("rb") as old:
        atomic.replace(file, b"two")
        assert (old.read(), file.read_bytes()) == (b"one", b"two")


comment = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=12).map(
    lambda text: f"# {text}"
)
blank = st.sampled_from(["", "   ", "\t"])
name = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="'"), min_size=1, max_size=12
)


def table(header: str, line: "st.SearchStrategy[str]") -> "st.SearchStrategy[list[str]]":
    body = st.lists(line | comment | blank, max_size=5)
    return st.tuples(comment | blank, body).map(lambda parts: [parts[0], header, *parts[1]])


def rule(prefix: str) -> "st.SearchStrategy[str]":
    return st.builds(
        lambda key, action, tail: f"'{prefix}{key}' = \"{action}\"{tail}",
        name,
        st.sampled_from(["allow", "ask", "deny"]),
        st.sampled_from(["", "  # why", " "]),
    )


files = st.tuples(
    st.lists(comment | blank, max_size=2),
    st.permutations(
        [
            table("[permissions.read]", rule("r")),
            table("[permissions.shell]", rule("s")),
            table("[limits]", st.sampled_from(["steps = 5"])),
            table("[permissions]", st.sampled_from(["allow_directories = ['/a', # x\n '/b']"])),
        ]
    ).flatmap(lambda tables: st.tuples(*tables)),
    st.sampled_from(["", "\n"]),
).map(lambda parts: "\n".join([*parts[0], *(line for lines in parts[1] for line in lines)]) + parts[2])


@settings(deadline=None, max_examples=150)
@given(text=files, pattern=name)
def test_any_file_keeps_its_bytes(tmp_path_factory: pytest.TempPathFactory, text: str, pattern: str) -> None:
    try:
        before = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return  # twice the same key
    file = tmp_path_factory.mktemp("write") / "dispatch.toml"
    file.write_bytes(text.encode())
    add_rule(file, "shell", pattern, "deny")
    new = file.read_bytes().decode()
    at = next((n for n, (a, b) in enumerate(zip(text, new, strict=False)) if a != b), len(text))
    added = len(new) - len(text)
    assert text[at:] == new[at + added :]
    assert tomllib.loads(new)["permissions"]["shell"] == {**before["permissions"]["shell"], pattern: "deny"}
    file.write_bytes(text.encode())
    add_directory_grant(file, "/new")
    after = tomllib.loads(file.read_text())["permissions"]["allow_directories"]
    assert after == [*before["permissions"].get("allow_directories", []), "/new"]
    assert is_subsequence(text, file.read_text())


@given(
    strings=st.lists(name, max_size=4),
    gaps=st.lists(st.sampled_from(["", " ", "\n  ", ' # a ] , " b\n\t', "\r\n "]), min_size=10, max_size=10),
    comma=st.booleans(),
)
def test_an_array_of_any_layout_gets_one_more(strings: list[str], gaps: list[str], comma: bool) -> None:
    inside = "".join(
        f"{gaps[2 * n]}'{text}'{gaps[2 * n + 1]}{',' if comma or n < len(strings) - 1 else ''}"
        for n, text in enumerate(strings)
    )
    array = f"[{inside}{gaps[9]}]"
    new = with_string(array, '"more"')
    assert tomllib.loads(f"a = {new}")["a"] == [*strings, "more"]
    assert is_subsequence(array, new)
