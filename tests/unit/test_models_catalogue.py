"""Which model answers, through which key, at what price, and what to do where there is none."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from dispatch_ls.config.secrets import Secrets
from dispatch_ls.config.settings import Price, Settings
from dispatch_ls.models import defaults
from dispatch_ls.models.catalogue import Catalogue
from dispatch_ls.models.http_model import HttpModel
from dispatch_ls.models.prices import context_window, listed_price, own_price
from dispatch_ls.models.scripted import ScriptedModel
from dispatch_ls.models.transport import Transport
from dispatch_ls.protocol.errors import Invalid, NoKey
from dispatch_ls.protocol.usage import Usage
from support.model_server import ModelServer, body, sse
from support.model_streams import STREAMS, Said
from support.models import answer_of

NOBODY = "http://127.0.0.1:9"
"""Where nothing listens."""


class Programs:
    """Gives a secret, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def __call__(self, command: Sequence[str], *, timeout: float) -> tuple[int, bytes]:
        self.asked += 1
        return 0, b"from-a-program\n"


@pytest.fixture
async def transport() -> AsyncIterator[Transport]:
    transport = Transport()
    yield transport
    await transport.close()


def catalogue(
    transport: Transport,
    settings: dict[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
    *,
    run: Programs | None = None,
    ollama: str = NOBODY,
) -> Catalogue:
    loaded = Settings.model_validate(settings or {})
    secrets = Secrets(environment or {}, run or Programs())
    return Catalogue(lambda: loaded, environment or {}, secrets, transport, ollama=ollama)


KEYS: list[dict[str, Any]] = [
    {"id": "first", "provider": "anthropic", "secret": {"env": "FIRST"}},
    {"id": "second", "provider": "anthropic", "secret": {"env": "SECOND"}},
]
MODELS: list[dict[str, Any]] = [
    {"id": "sonnet", "name": "claude-sonnet-5-5", "provider": "anthropic", "tags": ["heavy"]},
    {"id": "haiku", "name": "claude-haiku-5-5", "keys": ["second"], "tags": ["light", "heavy"]},
]


async def test_without_anything_the_user_is_told_in_a_sentence_what_to_do(transport: Transport) -> None:
    nothing = catalogue(transport)
    with pytest.raises(NoKey) as told:
        await nothing.resolve()
    assert "ANTHROPIC_API_KEY" in str(told.value)
    assert str(told.value).count(". ") == 0
    offered = await nothing.offered()
    assert (offered.models, offered.hint) == ([], str(told.value))


@pytest.mark.parametrize("usual", defaults.USUAL, ids=lambda usual: usual.variable)
@pytest.mark.parametrize("tag", [None, "heavy", "light"])
async def test_a_usual_variable_is_enough(transport: Transport, usual: defaults.Usual, tag: str | None) -> None:
    route = await catalogue(transport, {}, {usual.variable: "k"}).resolve(tag)
    assert route.key_id == usual.key_id
    assert isinstance(route.model, HttpModel)
    assert await route.cost(Usage(input=1000, output=1000)), "a model we choose has a price that we know"


async def test_an_ollama_here_is_asked_when_there_is_no_key(transport: Transport) -> None:
    async with ModelServer() as ollama:
        ollama.always(body({"models": [{"name": "nomic-embed-text"}, {"name": "qwen3:8b"}, {"bad": 1}]}))
        found = catalogue(transport, ollama=ollama.url)
        route = await found.resolve("heavy")
        assert (route.model_id, route.key_id) == ("ollama/qwen3:8b", "ollama")
        await found.resolve()
        assert [request.path for request in ollama.requests] == ["/api/tags"]
        assert await route.cost(Usage(input=1)) is None
        ollama.always(sse(STREAMS["chat"](Said(text="local"))))
        assert (await answer_of(route.model)).text == "local"
        assert "authorization" not in ollama.requests[-1].headers


@pytest.mark.parametrize("answer", [b"", b"<html>", b"[]", b'{"models": 7}', b'{"models": [1]}'])
async def test_something_else_on_its_port_is_no_ollama(transport: Transport, answer: bytes) -> None:
    async with ModelServer() as other:
        other.always(body(answer))
        with pytest.raises(NoKey):
            await catalogue(transport, ollama=other.url).resolve()


async def test_a_key_that_is_there_is_asked_before_an_ollama(transport: Transport) -> None:
    async with ModelServer() as ollama:
        await catalogue(transport, {}, {"OPENAI_API_KEY": "k"}, ollama=ollama.url).resolve()
        assert ollama.requests == []


async def test_by_id_by_tag_and_by_default(transport: Transport) -> None:
    settings = {"keys": KEYS, "models": MODELS, "defaults": {"model": "light"}}
    known = catalogue(transport, settings, {"FIRST": "a", "SECOND": "b"})
    chosen = [await known.resolve(name) for name in ("haiku", "heavy", None)]
    assert [(route.model_id, route.key_id) for route in chosen] == [
        ("haiku", "second"),
        ("sonnet", "first"),
        ("haiku", "second"),
    ]
    assert all(route.reasons for route in chosen)


async def test_keys_are_tried_in_the_order_of_the_fallback(transport: Transport) -> None:
    settings = {"keys": KEYS, "models": MODELS, "fallback": ["second", "first"]}
    assert (await catalogue(transport, settings, {"FIRST": "a", "SECOND": "b"}).resolve("sonnet")).key_id == "second"
    assert (await catalogue(transport, settings, {"FIRST": "a"}).resolve("sonnet")).key_id == "first"


async def test_a_model_without_a_usable_key_says_why(transport: Transport) -> None:
    known = catalogue(transport, {"keys": KEYS, "models": MODELS}, {"FIRST": "a"})
    with pytest.raises(NoKey, match="SECOND is not set"):
        await known.resolve("haiku")
    offered = await known.offered()
    assert [(one.model, one.usable, one.key) for one in offered.models] == [
        ("sonnet", True, "first"),
        ("haiku", False, None),
    ]
    assert offered.models[1].why_not is not None
    assert "SECOND" in offered.models[1].why_not
    assert (offered.hint, offered.models[0].context) == (None, 1_000_000)


async def test_a_name_nobody_knows(transport: Transport) -> None:
    known = catalogue(transport, {"keys": KEYS, "models": MODELS}, {"FIRST": "a"})
    with pytest.raises(Invalid, match="Did you mean sonnet"):
        await known.resolve("sonet")


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ({"id": "k", "provider": "anthropic"}, "ANTHROPIC_API_KEY"),
        ({"id": "k", "provider": "opencode"}, "opencode"),
        ({"id": "k", "provider": "openai-compatible", "base_url": "http://[::1"}, "base_url"),
        ({"id": "k", "provider": "openai-compatible", "base_url": "http://127.0.0.1:99999/v1"}, "base_url"),
        ({"id": "k", "provider": "openai-compatible", "base_url": "https://:443/v1"}, "base_url"),
    ],
)
async def test_keys_that_serve_nothing(transport: Transport, key: dict[str, Any], message: str) -> None:
    models = [{"id": "m", "keys": ["k"]}]
    with pytest.raises(NoKey, match=message):
        await catalogue(transport, {"keys": [key], "models": models}).resolve()


async def test_a_compatible_server_needs_a_model_but_no_secret(transport: Transport) -> None:
    key = {"id": "mine", "provider": "openai-compatible", "base_url": "http://127.0.0.1:8080/v1"}
    with pytest.raises(NoKey, match=r'\[\[models\]\] entry for the key "mine"'):
        await catalogue(transport, {"keys": [key]}).resolve()
    route = await catalogue(transport, {"keys": [key], "models": [{"id": "m", "keys": ["mine"]}]}).resolve()
    assert isinstance(route.model, HttpModel)


async def test_the_scripted_provider_needs_nothing_else(transport: Transport, tmp_path: Path) -> None:
    script = tmp_path / "a b.jsonl"
    script.write_text('{"text": "played"}\n')
    for url in (script.as_uri(), f"file:{str(script).replace(' ', '%20')}"):
        key = {"id": "demo", "provider": "scripted", "base_url": url}
        route = await catalogue(transport, {"keys": [key]}).resolve("heavy")
        assert isinstance(route.model, ScriptedModel)
        assert (await answer_of(route.model)).text == "played"
        assert await route.cost(Usage(input=5)) is None


async def test_a_program_is_not_asked_for_the_secret_at_every_step(transport: Transport) -> None:
    programs = Programs()
    async with ModelServer() as server:
        server.always(sse(STREAMS["messages"](Said(text="."))))
        key = {"id": "k", "provider": "anthropic", "base_url": server.url, "secret": {"command": ["pass", "k"]}}
        known = catalogue(transport, {"keys": [key], "models": [{"id": "m", "keys": ["k"]}]}, run=programs)
        for _ in range(3):
            await answer_of((await known.resolve()).model)
    assert [request.headers["x-api-key"] for request in server.requests] == ["from-a-program"] * 3
    assert programs.asked == 1


async def test_the_settings_price_goes_before_the_listed_one(transport: Transport) -> None:
    price = {"input": 3.0, "output": 15.0, "cache_read": 0.3, "cache_write": 3.75}
    known = catalogue(transport, {"keys": KEYS, "models": [{**MODELS[0], "price": price}]}, {"FIRST": "a"})
    usage = Usage(input=1_000_000, output=100_000, cache_read=500_000, cache_write=200_000)
    assert await (await known.resolve()).cost(usage) == pytest.approx(0.3 * 3 + 0.5 * 0.3 + 0.2 * 3.75 + 0.1 * 15)


def test_what_is_cached_costs_as_input_where_no_price_says_otherwise() -> None:
    usage = Usage(input=1_000_000, cache_read=400_000, cache_write=100_000)
    assert own_price(Price(input=2.0, output=9.0), usage) == pytest.approx(2.0)


async def test_listed_prices() -> None:
    usage = Usage(input=100_000, output=10_000, cache_read=50_000)
    assert await listed_price("claude-sonnet-4-5", "anthropic", None, usage) == pytest.approx(
        0.05 * 3 + 0.05 * 0.3 + 0.01 * 15
    )
    assert await listed_price("nobody-knows-it", "anthropic", None, usage) is None
    assert await listed_price("gpt-5", "openai-compatible", "http://127.0.0.1:8080/v1", usage) is None
    assert await context_window("claude-sonnet-4-5", "anthropic", None) == 200_000


async def test_many_may_ask_at_once(transport: Transport) -> None:
    known = catalogue(transport, {"keys": KEYS, "models": MODELS}, {"FIRST": "a"})
    routes = await asyncio.gather(*(known.resolve() for _ in range(50)))
    assert {route.model_id for route in routes} == {"sonnet"}


@pytest.mark.parametrize("module", ["anthropic", "openai_chat", "openai_responses", "scripted", "catalogue", "connect"])
def test_no_provider_library_and_no_price_list_is_loaded(module: str) -> None:
    heavy = "{'openai', 'anthropic', 'genai_prices'} & set(sys.modules)"
    code = f"import sys; import dispatch_ls.models.{module}; sys.exit(len({heavy}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
