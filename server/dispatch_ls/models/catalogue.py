"""Which model a request goes to now, through which key, and why (CONF-4)."""

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dispatch_ls.config.secrets import Secrets
from dispatch_ls.config.settings import Key, Settings
from dispatch_ls.config.settings import Model as ModelSettings
from dispatch_ls.models import defaults
from dispatch_ls.models.connect import connect
from dispatch_ls.models.credentials import Credentials
from dispatch_ls.models.model import Model
from dispatch_ls.models.offers import Offer, Offers
from dispatch_ls.models.prices import context_window, listed_price, own_price
from dispatch_ls.models.transport import Transport
from dispatch_ls.protocol.errors import Invalid, NoKey
from dispatch_ls.protocol.methods import ModelInfo, ModelList
from dispatch_ls.protocol.usage import Usage


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


class Catalogue:
    """The models of the settings in force; without any, those of the environment, then of an Ollama here."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        environment: Mapping[str, str],
        secrets: Secrets,
        transport: Transport,
        *,
        ollama: str = defaults.OLLAMA,
    ) -> None:
        self._settings = settings
        self._transport = transport
        self._credentials = Credentials(secrets, environment)
        self._offers = Offers(settings, environment, transport, ollama)

    async def resolve(self, wanted: str | None = None) -> Route:
        """The first usable model by that id or tag, of the default where None.

        Raises `Invalid` for a name nobody knows, `NoKey` with what the user can do.
        """
        offer = await self._offers.current()
        if not offer.models:
            raise NoKey(offer.what_to_do)
        why_not: list[str] = []
        for model, reason in _candidates(offer, wanted or self._settings().defaults.model):
            route = await self._route(model, self._in_order(offer.keys_of(model)), reason, why_not)
            if route is not None:
                return route
        raise NoKey(" ".join(dict.fromkeys(why_not)))

    async def offered(self) -> ModelList:
        """All models, with why those that can't be used can't."""
        offer = await self._offers.current()
        models = [await self._info(model, offer) for model in offer.models]
        usable = any(model.usable for model in models)
        return ModelList(models=models, hint=None if usable else offer.what_to_do)

    async def _route(self, model: ModelSettings, keys: Sequence[Key], reason: str, why_not: list[str]) -> Route | None:
        """The way to a model by the first key that is good; else what is wrong with them goes to `why_not`."""
        if not keys:
            why_not.append(f"The model {model.id} has no key in dispatch.toml.")
        for key in keys:
            try:
                secret = await self._credentials.of(key)
                reached = connect(model.name or model.id, key, secret, self._transport)
            except NoKey as error:
                why_not.append(str(error))
            else:
                return Route(reached, model, key, (reason, f"paid by the key {key.id}"))
        return None

    async def _info(self, model: ModelSettings, offer: Offer) -> ModelInfo:
        keys, why_not = self._in_order(offer.keys_of(model)), list[str]()
        route = await self._route(model, keys, "", why_not)
        key = route.key if route is not None else next(iter(keys), None)
        provider = key.provider if key is not None else model.provider or ""
        name = model.name or model.id
        context = model.context
        if context is None and provider != "scripted":
            context = await context_window(name, provider, key.base_url if key is not None else None)
        return ModelInfo(
            model=model.id,
            name=name,
            provider=provider,
            key=route.key_id if route is not None else None,
            tags=model.tags,
            context=context,
            usable=route is not None,
            why_not=why_not[0] if route is None else None,
        )

    def _in_order(self, keys: Sequence[Key]) -> list[Key]:
        order = self._settings().fallback
        return sorted(keys, key=lambda key: order.index(key.id) if key.id in order else len(order))


def _candidates(offer: Offer, name: str | None) -> list[tuple[ModelSettings, str]]:
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
