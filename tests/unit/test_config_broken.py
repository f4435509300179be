"""Broken configuration files, as data: each has its problems at the right line and field, and nothing raises."""

import os
from pathlib import Path

import pytest

from dispatch_ls.config.load import load
from dispatch_ls.config.reading import LIMIT

# name, text, [(line, column, field, part of the text)]
BROKEN: list[tuple[str, str, list[tuple[int, int, str, str]]]] = [
    ("unknown table", "[permisions]\n", [(1, 2, "permisions", 'did you mean "permissions"?')]),
    ("unknown top key", "vershion = 1", [(1, 1, "vershion", 'did you mean "version"?')]),
    ("unknown far from all", "zzzzzz = 1", [(1, 1, "zzzzzz", 'unknown name "zzzzzz"')]),
    ("javascript name", "toString = 1", [(1, 1, "toString", "unknown name")]),
    ("python name", "__class__ = 1", [(1, 1, "__class__", "unknown name")]),
    ("python name in a table", "[limits]\n__init__ = 1", [(2, 1, "limits.__init__", "unknown name")]),
    ("version of the future", "version = 2", [(1, 11, "version", "reads version 1")]),
    ("version as text", 'version = "1"', [(1, 11, "version", "reads version 1")]),
    ("fallback as text", 'fallback = "a"', [(1, 12, "fallback", "must be an array")]),
    ("fallback of numbers", "fallback = [\n  1,\n]", [(2, 3, "fallback[0]", "must be a string")]),
    ("empty id", 'fallback = [""]', [(1, 13, "fallback[0]", "must not be empty")]),
    ("defaults not a table", "defaults = 3", [(1, 12, "defaults", "must be a table")]),
    ("unknown default", '[defaults]\nmodle = "x"', [(2, 1, "defaults.modle", 'did you mean "model"?')]),
    ("effort", '[defaults]\neffort = "hihg"', [(2, 10, "defaults.effort", 'did you mean "high"?')]),
    ("unknown agent", '[defaults]\nagent = "biuld"', [(2, 9, "defaults.agent", 'did you mean "build"?')]),
    ("keys as a table", "[keys]\n", [(1, 2, "keys", "must be an array")]),
    ("key without id", '[[keys]]\nprovider = "openai"', [(1, 3, "keys[0].id", '"id" is missing')]),
    ("key without provider", '[[keys]]\nid = "a"', [(1, 3, "keys[0].provider", '"provider" is missing')]),
    (
        "provider",
        '[[keys]]\nid = "a"\nprovider = "anthropc"',
        [(3, 12, "keys[0].provider", 'did you mean "anthropic"?')],
    ),
    (
        "second key",
        '[[keys]]\nid = "a"\nprovider = "openai"\n\n[[keys]]\nid = "b"\nprovider = 5',
        [(7, 12, "keys[1].provider", "must be")],
    ),
    (
        "compatible without address",
        '[[keys]]\nid = "a"\nprovider = "openai-compatible"',
        [(1, 3, "keys[0]", "needs a base_url")],
    ),
    (
        "address",
        '[[keys]]\nid = "a"\nprovider = "openai"\nbase_url = "api.openai.com"',
        [(4, 12, "keys[0].base_url", "must be an address")],
    ),
    (
        "secret in the open",
        '[[keys]]\nid = "a"\nprovider = "openai"\nsecret = "sk-1234"',
        [(4, 10, "keys[0].secret", "must be a table")],
    ),
    (
        "two sources",
        '[[keys]]\nid = "a"\nprovider = "openai"\nsecret = { env = "A", file = "b" }',
        [(4, 10, "keys[0].secret", "exactly one source")],
    ),
    (
        "no source",
        '[[keys]]\nid = "a"\nprovider = "openai"\nsecret = {}',
        [(4, 10, "keys[0].secret", "exactly one source")],
    ),
    (
        "unknown source",
        '[[keys]]\nid = "a"\nprovider = "openai"\nsecret = { enviroment = "A" }',
        [(4, 12, "keys[0].secret.enviroment", "unknown name")],
    ),
    (
        "secret command as text",
        '[[keys]]\nid = "a"\nprovider = "openai"\nsecret = { command = "pass x" }',
        [(4, 22, "keys[0].secret.command", "must be an array")],
    ),
    (
        "secret command empty",
        '[[keys]]\nid = "a"\nprovider = "openai"\nsecret = { command = [] }',
        [(4, 22, "keys[0].secret.command", "must not be empty")],
    ),
    (
        "keyring without user",
        '[[keys]]\nid = "a"\nprovider = "openai"\nsecret = { keyring = "x" }',
        [(4, 22, "keys[0].secret.keyring", "service/user")],
    ),
    (
        "budget of nothing",
        '[[keys]]\nid = "a"\nprovider = "openai"\nbudget = { per = "day" }',
        [(4, 10, "keys[0].budget", "of usd, of tokens")],
    ),
    (
        "budget per week",
        '[[keys]]\nid = "a"\nprovider = "openai"\n[keys.budget]\nusd = 5\nper = "week"',
        [(6, 7, "keys[0].budget.per", '"day", "month" or "total"')],
    ),
    (
        "budget below zero",
        '[[keys]]\nid = "a"\nprovider = "openai"\nbudget = { usd = -1, per = "day" }',
        [(4, 18, "keys[0].budget.usd", "more than 0")],
    ),
    (
        "duration",
        '[[keys]]\nid = "a"\nprovider = "openai"\npoll = "60x"',
        [(4, 8, "keys[0].poll", '"60s"')],
    ),
    (
        "duration of nothing",
        '[[keys]]\nid = "a"\nprovider = "openai"\npoll = "0s"',
        [(4, 8, "keys[0].poll", "more than 0")],
    ),
    (
        "twins",
        '[[keys]]\nid = "a"\nprovider = "openai"\n[[keys]]\nid = "a"\nprovider = "google"',
        [(5, 6, "keys[1].id", 'two with the id "a"')],
    ),
    (
        "fallback to an unknown key",
        'fallback = ["man", "spare"]\n[[keys]]\nid = "main"\nprovider = "openai"',
        [(1, 13, "fallback[0]", 'did you mean "main"?'), (1, 20, "fallback[1]", 'there is no key "spare"')],
    ),
    ("model of nobody", '[[models]]\nid = "m"', [(1, 3, "models[0]", "needs a provider")]),
    (
        "price without output",
        '[[models]]\nid = "m"\nprovider = "openai"\nprice = { input = 1 }',
        [(4, 1, "models[0].price.output", '"output" is missing')],
    ),
    (
        "context as text",
        '[[models]]\nid = "m"\nprovider = "openai"\ncontext = "200k"',
        [(4, 11, "models[0].context", "must be a whole number")],
    ),
    (
        "context with a fraction",
        '[[models]]\nid = "m"\nprovider = "openai"\ncontext = 1.5',
        [(4, 11, "models[0].context", "must be a whole number")],
    ),
    (
        "model of an unknown key",
        '[[keys]]\nid = "main"\nprovider = "openai"\n[[models]]\nid = "m"\nkeys = ["mian"]',
        [(6, 9, "models[0].keys[0]", 'did you mean "main"?')],
    ),
    ("agents as an array", "[[agents]]\n", [(1, 3, "agents", "must be a table")]),
    ("agent's tool list", '[agents.x]\ntools = "read"', [(2, 9, "agents.x.tools", "must be an array")]),
    ("subagent as text", '[agents.x]\nsubagent = "yes"', [(2, 12, "agents.x.subagent", "true or false")]),
    (
        "both prompts",
        '[agents.x]\nprompt = "a"\nprompt_file = "b"',
        [(1, 9, "agents.x", "not both")],
    ),
    (
        "tag and model",
        '[agents.x]\nmodels = [{ tag = "a", model = "b" }]',
        [(2, 11, "agents.x.models[0]", "either a tag or a model")],
    ),
    (
        "model by text",
        '[agents.x]\nmodels = [\n  "heavy",\n]',
        [(3, 3, "agents.x.models[0]", "must be a table")],
    ),
    (
        "tag with a typo",
        '[[models]]\nid = "m"\nprovider = "openai"\ntags = ["heavy"]\n[agents.x]\nmodels = [{ tag = "heavvy" }]',
        [(6, 19, "agents.x.models[0].tag", 'did you mean "heavy"?')],
    ),
    (
        "route with a typo",
        '[[models]]\nid = "sonnet"\nprovider = "anthropic"\n[routes]\n"code review" = "sonet"',
        [(5, 17, 'routes."code review"', 'did you mean "sonnet"?')],
    ),
    (
        "action",
        '[permissions.shell]\n"*" = "ask"\n"git push *" = "dney"',
        [(3, 16, 'permissions.shell."git push *"', 'did you mean "deny"?')],
    ),
    ("action as boolean", "[permissions.edit]\n'*' = true", [(2, 7, 'permissions.edit."*"', "must be")]),
    (
        "unknown operation",
        '[permissions.bash]\n"*" = "ask"',
        [(1, 14, "permissions.bash", 'unknown name "bash"')],
    ),
    (
        "relative directory",
        '[permissions]\nallow_directories = ["/tmp", "../other"]',
        [(2, 30, "permissions.allow_directories[1]", "must be an absolute path")],
    ),
    ("publish", '[lsp]\npublish = "auot"', [(2, 11, "lsp.publish", 'did you mean "auto"?')]),
    (
        "server command as text",
        '[lsp.servers.x]\ncommand = "x --stdio"',
        [(2, 11, "lsp.servers.x.command", "must be an array")],
    ),
    (
        "date among settings",
        "[lsp.servers.x]\nsettings = { since = 1979-05-27 }",
        [(2, 22, "lsp.servers.x.settings.since", "must be a string")],
    ),
    ("opencode without url", "[opencode.instances.a]\n", [(1, 21, "opencode.instances.a.url", "is missing")]),
    ("mcp without command", "[mcp.servers.a]\n", [(1, 14, "mcp.servers.a.command", "is missing")]),
    ("no steps", "[limits]\nsteps = 0", [(2, 9, "limits.steps", "more than 0")]),
    ("depth below zero", "[limits]\ndepth = -1", [(2, 9, "limits.depth", "at least 0")]),
    ("not a number", "[limits]\nturn_usd = nan", [(2, 12, "limits.turn_usd", "finite")]),
    ("endless", "[limits]\nturn_usd = inf", [(2, 12, "limits.turn_usd", "finite")]),
    ("boolean as number", "[limits]\nagents = true", [(2, 10, "limits.agents", "must be a whole number")]),
    (
        "several",
        'vershion = 1\n[defaults]\neffort = 3\n[limits]\nsteps = "a"\ndeep = 1',
        [
            (1, 1, "vershion", "unknown name"),
            (3, 10, "defaults.effort", "must be"),
            (5, 9, "limits.steps", "must be a whole number"),
            (6, 1, "limits.deep", 'did you mean "depth"?'),
        ],
    ),
    ("windows lines", "version = 1\r\n[limits]\r\nsteps = 0\r\n", [(3, 9, "limits.steps", "more than 0")]),
    ("behind umlauts", 'fallback = ["ä", "ö", 5]', [(1, 23, "fallback[2]", "must be a string")]),
    (
        "behind a long text",
        '[agents.x]\nprompt = """\n[limits]\nsteps = 0\n\\""" """\nsubagent = 1',
        [(6, 12, "agents.x.subagent", "true or false")],
    ),
    ("dotted", "limits.steps = 0", [(1, 16, "limits.steps", "more than 0")]),
    ("quoted", "\"limits\" . 'steps' = 0", [(1, 22, "limits.steps", "more than 0")]),
    ("syntax: no value", "version =", [(1, 10, "", "not valid TOML")]),
    ("syntax: open table", "[limits\nsteps = 1", [(1, 8, "", "not valid TOML")]),
    ("syntax: open string", 'version = 1\nfallback = ["a', [(2, 15, "", "not valid TOML")]),
    ("syntax: word", "version = one", [(1, 11, "", "not valid TOML")]),
    ("syntax: json", '{"version": 1}', [(1, 1, "", "not valid TOML")]),
    ("syntax: control character", 'a = "\x01"', [(1, 6, "", "not valid TOML")]),
    ("syntax: half written", 'version = 1\n[permissions.shell]\n"git', [(3, 5, "", "not valid TOML")]),
    ("twice the same key", "[limits]\nsteps = 1\nsteps = 2", [(3, 10, "", "not valid TOML")]),
    ("twice the same table", "[limits]\n[lsp]\n[limits]", [(3, 8, "", "not valid TOML")]),
    ("deep array", "a = " + "[" * 20_000, [(1, 1, "", "nested too deeply")]),
    ("deep inline table", "a = " + "{ a = " * 20_000, [(1, 1, "", "nested too deeply")]),
    ("long dotted key", "a" + ".a" * 60_000 + " = 1", [(1, 1, "", "nested too deeply")]),
    ("long header", "version = 1\n[a" + ".a" * 60_000 + "]", [(2, 2, "", "nested too deeply")]),
    ("huge number", "version = " + "9" * 10_000, [(1, 1, "", "not valid TOML")]),
    ("byte order mark", "\ufeffversion = 1", [(1, 1, "", "byte order mark")]),
]


@pytest.mark.parametrize(("text", "expected"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
def test_problems_have_line_column_field(tmp_path: Path, text: str, expected: list[tuple[int, int, str, str]]) -> None:
    file = tmp_path / "dispatch.toml"
    file.write_bytes(text.encode())

    loaded = load(file, None, trusted=True)

    found = [(p.place.line, p.place.column, p.place.field) for p in loaded.problems]
    assert found == [case[:3] for case in expected]
    for problem, (*_, words) in zip(loaded.problems, expected, strict=True):
        assert words in problem.text
        assert str(problem).startswith(f"{file}:{problem.place.line}:{problem.place.column}: ")
    assert loaded.settings.agents.keys() >= {"build", "ask"}


def test_there_are_enough_of_them() -> None:
    assert len(BROKEN) >= 60


def test_values_are_not_repeated(tmp_path: Path) -> None:
    file = tmp_path / "dispatch.toml"
    file.write_text('[[keys]]\nid = "a"\nprovider = "openai"\nsecret = "sk-canary"\nbase_url = "sk-canary"\n')
    assert "canary" not in "".join(str(problem) for problem in load(file, None, trusted=True).problems)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    file = tmp_path / "dispatch.toml"
    file.write_bytes(b'version = 1\nfallback = ["\xc3\xa4\xff"]\n')
    (problem,) = load(file, None, trusted=True).problems
    assert (problem.place.line, problem.place.column) == (2, 15)
    assert "not UTF-8" in problem.text


def _huge(file: Path) -> None:
    with file.open("wb") as stream:
        stream.truncate(50 * 1024 * 1024)


def _just_too_large(file: Path) -> None:
    file.write_bytes(b"#" * (LIMIT + 1))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_huge, "larger than"),
        (_just_too_large, "larger than"),
        (lambda file: file.symlink_to("/dev/zero"), "not a regular file"),
        (os.mkfifo, "not a regular file"),
        (lambda file: file.mkdir(), "not a regular file"),
        (lambda file: file.symlink_to(file), "can't be read"),
    ],
    ids=["50 MB", "one byte more", "endless device", "pipe", "directory", "link to itself"],
)
@pytest.mark.timeout(10)
def test_files_that_are_none(tmp_path: Path, make: object, words: str) -> None:
    file = tmp_path / "dispatch.toml"
    assert callable(make)
    make(file)
    (problem,) = load(file, None, trusted=True).problems
    assert words in problem.text
    assert problem.place.file == file


def test_a_file_of_the_largest_size_is_read(tmp_path: Path) -> None:
    file = tmp_path / "dispatch.toml"
    file.write_bytes(b"#" * (LIMIT - 20) + b"\n[limits]\nsteps=7\n")
    loaded = load(file, None, trusted=True)
    assert not loaded.problems
    assert loaded.settings.limits.steps == 7


def test_thousands_of_problems_are_bounded(tmp_path: Path) -> None:
    file = tmp_path / "dispatch.toml"
    file.write_text("\n".join(f"nonsense{number} = 1" for number in range(5000)))
    problems = load(file, None, trusted=True).problems
    assert len(problems) == 51
    assert any("and 4950 more" in problem.text for problem in problems)


def test_a_broken_rule_takes_the_allowances_with_it(tmp_path: Path) -> None:
    file = tmp_path / "dispatch.toml"
    file.write_text(
        '[permissions]\nallow_directories = ["/srv"]\n'
        '[permissions.shell]\n"*" = "allow"\n"rm *" = "deny"\n"git push *" = "dney"\n'
    )
    permissions = load(file, None, trusted=True).settings.permissions
    assert permissions.shell == {"rm *": "deny"}
    assert permissions.allow_directories == []


def test_an_entry_with_a_problem_is_left_out_whole(tmp_path: Path) -> None:
    file = tmp_path / "dispatch.toml"
    file.write_text(
        '[[keys]]\nid = "a"\nprovider = "openai"\nbudget = { usd = "5", per = "day" }\n'
        '[[keys]]\nid = "b"\nprovider = "openai"\n'
    )
    assert [key.id for key in load(file, None, trusted=True).settings.keys] == ["b"]
