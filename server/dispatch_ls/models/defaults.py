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
            ("claude-sonnet-4-5", ("heavy", "coding", "review")),
            ("claude-haiku-4-5", ("light",)),
            ("claude-opus-4-1", ("strongest",)),
        ),
    ),
    Usual(
        "OPENAI_API_KEY",
        "openai",
        "openai",
        None,
        (("gpt-5", ("heavy", "coding", "review", "strongest")), ("gpt-5-mini", ("light",))),
    ),
    Usual(
        "GEMINI_API_KEY",
        "google",
        "google",
        None,
        (("gemini-2.5-pro", ("heavy", "coding", "review", "strongest")), ("gemini-2.5-flash", ("light",))),
    ),
    Usual(
        "OPENROUTER_API_KEY",
        "openrouter",
        "openai-compatible",
        "https://openrouter.ai/api/v1",
        (("anthropic/claude-sonnet-4.5", ("heavy", "coding", "review")), ("openai/gpt-5-mini", ("light",))),
    ),
    Usual(
        "DEEPSEEK_API_KEY",
        "deepseek",
        "openai-compatible",
        "https://api.deepseek.com/v1",
        (("deepseek-chat", ("heavy", "coding", "light")), ("deepseek-reasoner", ("review", "strongest"))),
    ),
    Usual(
        "MISTRAL_API_KEY",
        "mistral",
        "openai-compatible",
        "https://api.mistral.ai/v1",
        (("mistral-large-latest", ("heavy", "review")), ("codestral-latest", ("coding", "light"))),
    ),
    Usual(
        "GROQ_API_KEY",
        "groq",
        "openai-compatible",
        "https://api.groq.com/openai/v1",
        (("openai/gpt-oss-120b", ("heavy", "coding")), ("openai/gpt-oss-20b", ("light",))),
    ),
)

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
    served = [usual for usual in USUAL if (usual.provider, usual.base_url) == (key.provider, key.base_url)]
    return [
        Model(id=f"{key.id}/{name}", name=name, keys=[key.id], tags=list(tags))
        for usual in served
        for name, tags in usual.models
    ]


def from_ollama(names: list[str]) -> tuple[list[Key], list[Model]]:
    """The models of an Ollama on this machine; each serves for everything, the first one first."""
    key = Key(id="ollama", provider="openai-compatible", base_url=f"{OLLAMA}/v1")
    tags = ["heavy", "light", "coding", "review"]
    return [key], [Model(id=f"ollama/{name}", name=name, keys=["ollama"], tags=tags) for name in names]
