"""Which model a request goes to now, through which key, and why (CONF-4)."""

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pydantic import JsonValue

from dispatch_ls.config.secrets import Secrets
from dispatch_ls.config.settings import Key, Settings
from dispatch_ls.config.settings import Model as ModelSettings
from dispatch_ls.models import defaults
from dispatch_ls.models.model import Model
from dispatch_ls.models.prices import listed_price, own_price
from dispatch_ls.models.scripted import ScriptedModel
from dispatch_ls.models.transport import Transport
from dispatch_ls.protocol.errors import Invalid, NoKey, ProviderError
from dispatch_ls.protocol.methods import ModelInfo, ModelList
from dispatch_ls.protocol.usage import Usage

ANTHROPIC = "https://api.anthropic.com"
OPENAI = "https://api.openai.com/v1"
GOOGLE = "https://generativelanguage.googleapis.com/v1beta/openai"

OLLAMA_TIMEOUT = 1.0
"""Seconds to ask this machine's Ollama what it has."""


@dataclass(frozen=True)
class Route:
    """A model ready to be asked; `reasons` say how it was chosen."""

    model: Model
    settings: ModelSettings
    key: Key
    reasons: tuple[str, ...]

    @property
    def model_id(self) -> str:
        """The model's id in the settings."""
        return self.settings.id

    @property
    def key_id(self) -> str:
        """The id of the key that pays."""
        return self.key.id

    async def cost(self, usage: Usage) -> float | None:
        """USD, None where no price is known."""
        if self.settings.price is not None:
            return own_price(self.settings.price, usage)
        if self.key.provider == "scripted":
            return None
        return await listed_price(self.settings.name or self.settings.id, self.key.provider, self.key.base_url, usage)


@dataclass(frozen=True)
class _Offer:
    keys: Sequence[Key]
    models: Sequence[ModelSettings]

    def keys_of(self, model: ModelSettings) -> list[Key]:
        if model.keys is not None:
            return [key for key in self.keys if key.id in model.keys]
        return [key for key in self.keys if key.provider == model.provider]


class Catalogue:
    """The models of the settings in force; without any, those of the environment, then of an Ollama here."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        environment: Mapping[str, str],
        secrets: Secrets,
        transport: Transport,
    ) -> None:
        self._settings = settings
        self._environment = environment
        self._secrets = secrets
        self._transport = transport

    async def resolve(self, wanted: str | None = None) -> Route:
        """The first usable model by that id or tag, of the default where None.

        Raises `Invalid` for a name nobody knows, `NoKey` with what the user can do.
        """
        offer = await self._offer()
        if not offer.models:
            raise NoKey(defaults.WHAT_TO_DO)
        name = wanted or self._settings().defaults.model
        why_not = []
        for model, reason in _candidates(offer, name):
            for key in self._in_order(offer.keys_of(model)):
                try:
                    return Route(await self._connect(model, key), model, key, (reason, f"paid by the key {key.id}"))
                except NoKey as error:
                    why_not.append(str(error))
            if not offer.keys_of(model):
                why_not.append(f"The model {model.id} has no key.")
        raise NoKey(" ".join(dict.fromkeys(why_not)) or defaults.WHAT_TO_DO)

    async def offered(self) -> ModelList:
        """All models, with why those that can't be used can't."""
        offer = await self._offer()
        models = [await self._info(model, offer) for model in offer.models]
        usable = any(model.usable for model in models)
        return ModelList(models=models, hint=None if usable else defaults.WHAT_TO_DO)

    async def _info(self, model: ModelSettings, offer: _Offer) -> ModelInfo:
        keys, why_not = self._in_order(offer.keys_of(model)), None
        usable: Key | None = None
        for key in keys:
            try:
                await self._secret(key)
                usable = key
                break
            except NoKey as error:
                why_not = why_not or str(error)
        provider = model.provider or (keys[0].provider if keys else "")
        return ModelInfo(
            model=model.id,
            name=model.name or model.id,
            provider=provider,
            key=usable.id if usable else None,
            tags=model.tags,
            context=model.context,
            usable=usable is not None,
            why_not=None if usable else why_not or "It has no key.",
        )

    async def _offer(self) -> _Offer:
        settings = self._settings()
        keys, models = settings.keys or defaults.keys(self._environment), settings.models
        if not keys and not models:
            return _Offer(*defaults.from_ollama(await self._ollama()))
        return _Offer(keys, models or [model for key in keys for model in defaults.models(key)])

    async def _ollama(self) -> list[str]:
        try:
            tags = await self._transport.get_json(f"{defaults.OLLAMA}/api/tags", {}, OLLAMA_TIMEOUT)
        except ProviderError:
            return []
        return _names(tags)

    def _in_order(self, keys: Sequence[Key]) -> list[Key]:
        order = self._settings().fallback
        return sorted(keys, key=lambda key: order.index(key.id) if key.id in order else len(order))

    async def _secret(self, key: Key) -> str | None:
        return await self._secrets.resolve(key.id, key.secret) if key.secret is not None else None

    async def _connect(self, model: ModelSettings, key: Key) -> Model:
        name, secret = model.name or model.id, await self._secret(key)
        match key.provider:
            case "scripted":
                return ScriptedModel(_file_of(key))
            case "anthropic":
                from dispatch_ls.models.anthropic import Anthropic

                return Anthropic(self._transport, key.base_url or ANTHROPIC, secret or "", name)
            case "openai":
                from dispatch_ls.models.openai_responses import OpenAIResponses

                return OpenAIResponses(self._transport, key.base_url or OPENAI, secret or "", name)
            case "google" | "openai-compatible":
                from dispatch_ls.models.openai_chat import OpenAIChat

                return OpenAIChat(self._transport, key.base_url or GOOGLE, secret, name)
            case "opencode":
                raise NoKey(f'The key "{key.id}" is of provider opencode, which runs its own agents and no models.')


def _candidates(offer: _Offer, name: str | None) -> list[tuple[ModelSettings, str]]:
    if name is None:
        return [(model, "the first model that can be used") for model in offer.models]
    by_id = [(model, f"asked for by its id {name}") for model in offer.models if model.id == name]
    if by_id:
        return by_id
    by_tag = [(model, f"the first usable one tagged {name}") for model in offer.models if name in model.tags]
    if by_tag:
        return by_tag
    known = [*(model.id for model in offer.models), *(tag for model in offer.models for tag in model.tags)]
    near = difflib.get_close_matches(name, dict.fromkeys(known), 3)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(dict.fromkeys(known))}."
    raise Invalid(f"There is no model and no tag {name!r}. {hint}")


def _file_of(key: Key) -> Path:
    return Path(unquote(urlsplit(key.base_url or "").path)).expanduser()


def _names(tags: JsonValue) -> list[str]:
    models = tags.get("models") if isinstance(tags, dict) else None
    names = [model.get("name") for model in models if isinstance(model, dict)] if isinstance(models, list) else []
    return [name for name in names if isinstance(name, str)]
