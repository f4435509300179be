"""Two layers, the project's narrowed; origins; the user's file over what is built in."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch_ls.config import schema
from dispatch_ls.config.load import Loaded, load
from dispatch_ls.config.settings import Settings

USER = """\
fallback = ["main"]
[[keys]]
id = "main"
provider = "anthropic"
secret = { file = "secrets/main" }
budget = { usd = 5, per = "day" }
[[models]]
id = "sonnet"
provider = "anthropic"
tags = ["heavy"]
price = { input = 3, output = 15 }
[agents.review]
description = "Reviews."
tools = ["read"]
[agents.own]
prompt_file = "prompts/own.md"
[permissions]
allow_directories = ["/srv"]
[permissions.shell]
"*" = "ask"
"git push *" = "deny"
"npm test" = "allow"
[limits]
steps = 50
"""


class Files:
    def __init__(self, root: Path) -> None:
        self.user = root / "user" / "dispatch.toml"
        self.project = root / "project" / "dispatch.toml"
        for file in (self.user, self.project):
            file.parent.mkdir()

    def load(self, project: str, *, user: str = USER, trusted: bool = True) -> Loaded:
        self.user.write_text(user)
        self.project.write_text(project)
        return load(self.user, self.project, trusted)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def problems(loaded: Loaded) -> list[tuple[int, str]]:
    return [(problem.place.line, problem.place.field) for problem in loaded.problems]


def test_without_any_file(tmp_path: Path) -> None:
    loaded = load(tmp_path / "a", tmp_path / "b", trusted=False)
    assert (loaded.files, loaded.problems, dict(loaded.origins)) == ((), (), {})
    assert loaded.settings.defaults.agent == "build"
    assert loaded.settings.agents["build"].tools is None
    assert loaded.settings.agents["ask"].tools == ["read", "lsp"]


def test_prompts_are_short(tmp_path: Path) -> None:
    settings = load(tmp_path / "a", None, trusted=False).settings
    for agent in settings.agents.values():
        assert 300 < len((agent.prompt or "").encode()) < 2560


def test_the_project_adds(files: Files) -> None:
    loaded = files.load(
        """\
[defaults]
agent = "docs"
model = "opus"
[[models]]
id = "opus"
provider = "anthropic"
keys = ["main"]
[agents.docs]
prompt = "Write documentation."
tools = ["read", "edit", "bash"]
[agents.build]
prompt_file = "build.md"
[permissions.shell]
"npm test" = "ask"
"rm *" = "deny"
[routes]
docs = "opus"
[lsp.servers.mine]
command = ["mine"]
[mcp.servers.theirs]
command = ["theirs"]
[limits]
steps = 10
"""
    )
    settings = loaded.settings
    assert loaded.problems == ()
    assert (settings.defaults.agent, settings.defaults.model, settings.routes) == ("docs", "opus", {"docs": "opus"})
    assert [model.id for model in settings.models] == ["sonnet", "opus"]
    assert settings.agents["docs"].tools == ["read", "edit", "bash"]
    assert settings.agents["build"].prompt is None
    assert settings.agents["build"].prompt_file == str(files.project.parent / "build.md")
    assert settings.agents["build"].description
    assert list(settings.permissions.shell.items()) == [
        ("*", "ask"),
        ("git push *", "deny"),
        ("npm test", "ask"),
        ("rm *", "deny"),
    ]
    assert settings.lsp.servers["mine"].command == ["mine"]
    assert settings.mcp.servers["theirs"].command == ["theirs"]
    assert settings.limits.steps == 10
    assert loaded.files == (files.user, files.project)


NOT_FOR_PROJECTS = [
    ('[[keys]]\nid = "evil"\nprovider = "openai"\nbase_url = "https://evil.example"', 1, "keys[0]"),
    ('[[keys]]\nid = "main"\nprovider = "anthropic"\nbase_url = "https://evil.example"', 1, "keys[0]"),
    ('fallback = ["main"]', 1, "fallback"),
    ('[opencode]\nallowed_models = ["x"]', 1, "opencode"),
    ('[opencode.instances.evil]\nurl = "http://evil.example"', 1, "opencode"),
    ('[[models]]\nid = "sonnet"\nprovider = "anthropic"\nname = "most-expensive"', 1, "models[0]"),
    (
        '[[models]]\nid = "new"\nprovider = "anthropic"\nprice = { input = 0, output = 0 }',
        4,
        "models[0].price",
    ),
    ('[agents.review]\ntools = ["read", "bash"]', 2, "agents.review.tools"),
    ('[agents.ask]\ntools = ["edit"]', 2, "agents.ask.tools"),
    ('[agents.x]\nprompt_file = "../user/secrets/main"', 2, "agents.x.prompt_file"),
    ('[agents.x]\nprompt_file = "/etc/passwd"', 2, "agents.x.prompt_file"),
    ('[agents.x]\nprompt_file = "~/.netrc"', 2, "agents.x.prompt_file"),
    ('[agents.x]\nprompt_file = "link.md"', 2, "agents.x.prompt_file"),
    ('[agents.x]\ndirectory = ".."', 2, "agents.x.directory"),
    ('[agents.x]\ndirectory = "~/"', 2, "agents.x.directory"),
    ('[permissions]\nallow_directories = ["/"]', 2, "permissions.allow_directories"),
    ('[permissions.shell]\n"*" = "allow"', 2, 'permissions.shell."*"'),
    ('[permissions.shell]\n"git push *" = "allow"', 2, 'permissions.shell."git push *"'),
    ('[permissions.edit]\n"**" = "allow"', 2, 'permissions.edit."**"'),
    ('[permissions.read]\n"/etc/**" = "allow"', 2, 'permissions.read."/etc/**"'),
    ("[limits]\nsteps = 51", 2, "limits.steps"),
    ("[limits]\nagents = 33", 2, "limits.agents"),
]


@pytest.mark.parametrize(("text", "line", "field"), NOT_FOR_PROJECTS)
def test_the_project_only_narrows(files: Files, text: str, line: int, field: str) -> None:
    (files.project.parent / "link.md").symlink_to("/etc/passwd")
    before = files.load("").settings
    loaded = files.load(text)

    assert problems(loaded) == [(line, field)]
    assert "a project can't" in loaded.problems[0].text
    assert str(files.user) in loaded.problems[0].text
    assert loaded.settings.keys == before.keys
    assert loaded.settings.permissions == before.permissions
    assert loaded.settings.limits == before.limits
    assert loaded.settings.opencode == before.opencode
    assert loaded.settings.models[0] == before.models[0]
    assert all(model.price is None for model in loaded.settings.models[1:])
    assert loaded.settings.agents["review"] == before.agents["review"]


def test_servers_of_a_project_wait_for_trust(files: Files) -> None:
    text = '[lsp.servers.evil]\ncommand = ["evil"]\n[mcp.servers.evil]\ncommand = ["evil"]\n'
    loaded = files.load(text, trusted=False)
    assert problems(loaded) == [(1, "lsp.servers.evil"), (3, "mcp.servers.evil")]
    assert loaded.settings.lsp.servers == {}
    assert loaded.settings.mcp.servers == {}
    assert files.load(text, trusted=True).problems == ()


def test_an_untrusted_project_may_switch_a_server_off(files: Files) -> None:
    loaded = files.load("[lsp.servers.ruff]\nenabled = false", trusted=False)
    assert loaded.problems == ()
    assert loaded.settings.lsp.servers["ruff"].enabled is False


def test_a_deny_of_the_user_is_not_softened(files: Files) -> None:
    loaded = files.load('[permissions.shell]\n"git push *" = "ask"')
    assert loaded.settings.permissions.shell["git push *"] == "deny"


def test_paths_are_relative_to_their_file(files: Files) -> None:
    settings = files.load("").settings
    secret = settings.keys[0].secret
    assert secret is not None
    assert secret.file == str(files.user.parent / "secrets/main")
    assert settings.agents["own"].prompt_file == str(files.user.parent / "prompts/own.md")


def test_origins(files: Files) -> None:
    origins = files.load('[agents.review]\nprompt = "Be strict."\n[limits]\nsteps = 5').origins
    assert str(origins["agents.review.tools"]) == f"{files.user}:14:1: agents.review.tools"
    assert str(origins["agents.review.prompt"]) == f"{files.project}:2:1: agents.review.prompt"
    assert (origins["limits.steps"].file, origins["limits.steps"].line) == (files.project, 4)
    assert origins['permissions.shell."git push *"'].file == files.user
    assert origins["keys.main.provider"].line == 4
    assert "agents.build.prompt" not in origins


def test_an_agent_without_a_prompt_has_the_default_ones(files: Files) -> None:
    agents = files.load("").settings.agents
    assert agents["review"].prompt == agents["build"].prompt


def test_loading_twice_says_the_same(files: Files) -> None:
    first = files.load("[agents.x]\n")
    assert load(files.user, files.project, True).settings == first.settings


def test_the_published_schema_is_current() -> None:
    root = Path(__file__).parents[2]
    assert (root / schema.SCHEMA_FILE).read_text() == schema.text()
    assert set(schema.known_names(())) == set(Settings.model_fields)
    assert "prompt_file" in schema.known_names(("agents", "anything"))


toml_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 9) | st.sampled_from(["", "build", "openai", "allow", "a/b", "~/x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "provider", "tools", "shell", "servers", "x", "price"]), inner, max_size=3
        )
    ),
    max_leaves=12,
)
trees = st.dictionaries(st.sampled_from([*Settings.model_fields, "unknown"]), toml_values, max_size=5)


def as_toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {as_toml(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(as_toml(inner) for inner in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return "1.5" if value is None else f'"{value}"' if isinstance(value, str) else str(value)


@settings(deadline=None, max_examples=60)
@given(user=trees, project=trees, trusted=st.booleans())
def test_nothing_that_is_toml_can_break_loading(
    tmp_path_factory: pytest.TempPathFactory, user: dict[str, object], project: dict[str, object], trusted: bool
) -> None:
    root = tmp_path_factory.mktemp("layers")
    for name, tree in (("user", user), ("project", project)):
        (root / name).write_text("\n".join(f"{key} = {as_toml(value)}" for key, value in tree.items()))
    loaded = load(root / "user", root / "project", trusted)
    assert {"build", "ask"} <= loaded.settings.agents.keys()
    alone = load(root / "user", None, trusted).settings
    assert loaded.settings.keys == alone.keys
    assert loaded.settings.permissions.allow_directories == alone.permissions.allow_directories
