"""All of `dispatch.toml` as frozen values: what is written there, checked, with its defaults (CONF-1).

A value that can't be is an error at its field; what another field or file has to say about it is checked in `load`.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from dispatch_ls.config.values import Directory, Id, KeyringEntry, Seconds, Text, Url
from dispatch_ls.protocol.base import JsonObject
from dispatch_ls.protocol.sessions import Effort

Action = Literal["allow", "ask", "deny"]
"""What a rule says about what it matches."""

Rules = dict[str, Action]
"""Pattern → action, in the order of the file: the last match wins, but a deny always stands (PERM-4)."""

Provider = Literal["anthropic", "openai", "openai-compatible", "google", "opencode", "scripted"]
"""Which protocol a key speaks."""


class Table(BaseModel):
    """A table of the file: frozen, and closed to names nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Secret(Table):
    """Where a secret is, never the secret itself: exactly one source."""

    env: Text | None = None
    """The name of an environment variable."""
    file: Text | None = None
    """A file that holds nothing else; `~` is the home directory."""
    command: Annotated[list[str], Field(min_length=1)] | None = None
    """An argument vector that prints it; no shell."""
    keyring: KeyringEntry | None = None
    """`service/user` in the system's keyring."""

    @model_validator(mode="after")
    def _one_source(self) -> "Secret":
        if len(self.model_fields_set) != 1:
            raise ValueError("a secret has exactly one source: env, file, command or keyring")
        return self


class Budget(Table):
    """How much a key may spend: USD, tokens, or both (CONF-5)."""

    usd: Annotated[float, Field(gt=0)] | None = None
    tokens: Annotated[int, Field(gt=0)] | None = None
    per: Literal["day", "month", "total"]

    @model_validator(mode="after")
    def _of_something(self) -> "Budget":
        if self.usd is None and self.tokens is None:
            raise ValueError("a budget is of usd, of tokens, or both")
        return self


class Key(Table):
    """A way to a provider: whose account, from where the secret, how much of it."""

    id: Id
    provider: Provider
    base_url: Url | None = None
    secret: Secret | None = None
    budget: Budget | None = None
    poll: Seconds = 60.0
    """How often an exhausted key is tried again, in seconds."""

    @model_validator(mode="after")
    def _reachable(self) -> "Key":
        if self.base_url is None and self.provider in ("openai-compatible", "scripted"):
            raise ValueError(f'provider = "{self.provider}" needs a base_url')
        return self


class Price(Table):
    """USD per million tokens."""

    input: Annotated[float, Field(ge=0)]
    output: Annotated[float, Field(ge=0)]
    cache_read: Annotated[float, Field(ge=0)] | None = None
    cache_write: Annotated[float, Field(ge=0)] | None = None


class Model(Table):
    """A model, served by any key of its provider, or by the keys it names."""

    id: Id
    name: Text | None = None
    """What the provider calls it; the id where it is not given."""
    provider: Provider | None = None
    keys: Annotated[list[Id], Field(min_length=1)] | None = None
    tags: list[Id] = []
    context: Annotated[int, Field(gt=0)] | None = None
    """Tokens; from the price and limit data where it is not given."""
    price: Price | None = None

    @model_validator(mode="after")
    def _served(self) -> "Model":
        if self.provider is None and self.keys is None:
            raise ValueError("a model needs a provider, or the keys that serve it")
        return self


class ModelChoice(Table):
    """One link of an agent's fallback chain: a model by tag or by id."""

    tag: Id | None = None
    model: Id | None = None
    effort: Effort | None = None
    key: Id | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "ModelChoice":
        if (self.tag is None) == (self.model is None):
            raise ValueError("name either a tag or a model")
        return self


class Agent(Table):
    """An agent definition. `tools` are names of tools or groups (read, edit, bash, lsp, ...); None is all of them."""

    description: str = ""
    prompt: Text | None = None
    prompt_file: Text | None = None
    """Relative to the file that says so; absolute once loaded."""
    tools: list[Id] | None = None
    models: list[ModelChoice] = []
    subagent: bool = False
    directory: Text = "."
    """Where it works, relative to the workspace."""

    @model_validator(mode="after")
    def _one_prompt(self) -> "Agent":
        if self.prompt is not None and self.prompt_file is not None:
            raise ValueError("give the prompt or the prompt_file, not both")
        return self


class Defaults(Table):
    """What a new session starts with."""

    agent: Id = "build"
    model: Id | None = None
    """A model id or a tag."""
    effort: Effort | None = None


class Permissions(Table):
    """Rules by operation, and directories that are open like the workspace (PERM-1, PERM-4)."""

    allow_directories: list[Directory] = []
    read: Rules = {}
    edit: Rules = {}
    shell: Rules = {}
    network: Rules = {}
    summon: Rules = {}


class LanguageServer(Table):
    """A real language server; where it is a well-known one, what is left out is as known."""

    command: Annotated[list[str], Field(min_length=1)] | None = None
    extensions: list[Text] | None = None
    roots: list[Text] | None = None
    """Files that mark the root of a project."""
    settings: JsonObject = {}
    """What it gets from `workspace/configuration`."""
    options: JsonObject = {}
    """`initializationOptions`."""
    enabled: bool = True


class Languages(Table):
    """`[lsp]`: which problems are published, and what a write that adds errors meets."""

    publish: Literal["auto", "always", "never"] = "auto"
    gate: Literal["off", "warn", "reject"] = "off"
    servers: dict[Id, LanguageServer] = {}


class OpenCodeInstance(Table):
    """An OpenCode server to work with."""

    url: Url
    projects: Text | None = None
    password: Secret | None = None


class OpenCode(Table):
    """`[opencode]`."""

    allowed_models: list[Id] = []
    instances: dict[Id, OpenCodeInstance] = {}


class McpServer(Table):
    """An MCP server, started as a child process (TOOL-9)."""

    command: Annotated[list[str], Field(min_length=1)]
    enabled: bool = True


class Mcp(Table):
    """`[mcp]`."""

    servers: dict[Id, McpServer] = {}


class Limits(Table):
    """Where agents stop: steps of a turn, depth of the tree, children at once, agents at once, USD of a turn."""

    steps: Annotated[int, Field(gt=0)] = 200
    depth: Annotated[int, Field(ge=0)] = 4
    children: Annotated[int, Field(ge=0)] = 8
    agents: Annotated[int, Field(gt=0)] = 32
    turn_usd: Annotated[float, Field(gt=0)] | None = None


class Settings(Table):
    """What is in force: one file by itself, or all of them merged."""

    version: Literal[1] = 1
    fallback: list[Id] = []
    """Ids of keys in the order in which they are tried."""
    defaults: Defaults = Defaults()
    keys: list[Key] = []
    models: list[Model] = []
    agents: dict[Id, Agent] = {}
    permissions: Permissions = Permissions()
    lsp: Languages = Languages()
    routes: dict[Id, Id] = {}
    """Task type → model or tag."""
    opencode: OpenCode = OpenCode()
    mcp: Mcp = Mcp()
    limits: Limits = Limits()
