"""What is there without a configuration: keys from the usual environment variables, with reviewed models each."""

from collections.abc import Mapping
from dataclasses import dataclass

from dispatch_ls.config.settings import Key, Model, Provider, Secret


@dataclass(frozen=True)
class Usual:
    """A provider whose key people have in their environment; `models` are (name, tags), the best first."""

    variable: str
    key_id: str
    provider: Provider
    base_url: str | None
    models: tuple[tuple[str, tuple[str, ...]], ...]


USUAL = (
    Usual(
        "ANTHROPIC_API_KEY",
        "anthropic",
        "anthropic",
        None,
        (
            ("claude-sonnet-5-5", ("heavy", "coding", "review")),
            ("claude-haiku-5-5", ("light",)),
            ("claude-opus-5-5", ("strongest",)),
        ),
    ),
    Usual(
        "OPENAI_API_KEY",
        "openai",
        "openai",
        None,
        (
            ("gpt-6.1-sol", ("heavy", "coding", "review")),
            ("gpt-6-luna", ("light",)),
            ("gpt-6-astra", ("strongest",)),
        ),
    ),
    Usual(
        "GEMINI_API_KEY",
        "google",
        "google",
        None,
        (("gemini-4-argon", ("heavy", "coding", "review", "strongest")), ("gemini-3.8-flash", ("light",))),
    ),
    Usual(
        "OPENROUTER_API_KEY",
        "openrouter",
        "openai-compatible",
        "https://openrouter.ai/api/v1",
        (("anthropic/claude-sonnet-5.5", ("heavy", "coding", "review")), ("openai/gpt-6-luna", ("light",))),
    ),
    Usual(
        "DEEPSEEK_API_KEY",
        "deepseek",
        "openai-compatible",
        "https://api.deepseek.com/v1",
        (("deepseek-v4-pro", ("heavy", "coding", "review", "strongest")), ("deepseek-v4-flash", ("light",))),
    ),
    Usual(
        "MISTRAL_API_KEY",
        "mistral",
        "openai-compatible",
        "https://api.mistral.ai/v1",
        (("mistral-medium-3-5", ("heavy", "coding", "review")), ("mistral-small-2603", ("light",))),
    ),
    Usual(
        "GROQ_API_KEY",
        "groq",
        "openai-compatible",
        "https://api.groq.com/openai/v1",
        (("openai/gpt-oss-120b", ("heavy", "coding")), ("openai/gpt-oss-20b", ("light",))),
    ),
)

EVERYTHING = ("heavy", "light", "coding", "review", "strongest")
"""Tags of a model that is the only one there."""

OLLAMA = "http://127.0.0.1:11434"

WHAT_TO_DO = (
    "No model can be used yet: set an API key such as ANTHROPIC_API_KEY or OPENAI_API_KEY in the environment that the "
    "editor is started from, add a [[keys]] entry to dispatch.toml, or start Ollama on this machine."
)


def keys(environment: Mapping[str, str]) -> list[Key]:
    """The keys that the environment holds."""
    return [
        Key(id=usual.key_id, provider=usual.provider, base_url=usual.base_url, secret=Secret(env=usual.variable))
        for usual in USUAL
        if environment.get(usual.variable)
    ]


def models(key: Key) -> list[Model]:
    """The models that a key serves where the configuration names none."""
    if key.provider == "scripted":
        return [Model(id=key.id, keys=[key.id], tags=list(EVERYTHING))]
    return [
        Model(id=f"{key.id}/{name}", name=name, keys=[key.id], tags=list(tags))
        for usual in USUAL
        if _same_provider(usual, key)
        for name, tags in usual.models
    ]


def variable_of(key: Key) -> str | None:
    """The environment variable that usually holds such a key's secret."""
    return next((usual.variable for usual in USUAL if _same_provider(usual, key)), None)


def from_ollama(names: list[str], address: str) -> tuple[list[Key], list[Model]]:
    """The models of an Ollama on this machine; each serves for everything, the first one first."""
    key = Key(id="ollama", provider="openai-compatible", base_url=f"{address}/v1")
    chatting = [name for name in names if "embed" not in name]
    return [key] if chatting else [], [
        Model(id=f"ollama/{name}", name=name, keys=["ollama"], tags=list(EVERYTHING)) for name in chatting
    ]


def _same_provider(usual: Usual, key: Key) -> bool:
    if usual.provider != key.provider:
        return False
    # compatible servers are told apart by their address; the others are the same behind any
    return usual.base_url is None or usual.base_url == (key.base_url or "").rstrip("/")
