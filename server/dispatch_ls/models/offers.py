"""What there is to choose from: keys and models of the settings, else of the environment, else of an Ollama here."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dispatch_ls.config.settings import Key, Model, Settings
from dispatch_ls.models import defaults
from dispatch_ls.models.transport import Transport

OLLAMA_TIMEOUT = 1.0
"""Seconds to ask this machine's Ollama what it has."""

OLLAMA_KNOWN_FOR = 30.0
"""Seconds for which its answer is good."""


@dataclass(frozen=True)
class Offer:
    """Keys, and the models they serve."""

    keys: Sequence[Key]
    models: Sequence[Model]

    def keys_of(self, model: Model) -> list[Key]:
        """The keys that serve a model."""
        if model.keys is not None:
            return [key for key in self.keys if key.id in model.keys]
        return [key for key in self.keys if key.provider == model.provider]

    @property
    def what_to_do(self) -> str:
        """One sentence for the user who can't use any of it."""
        if self.keys and not self.models:
            names = " and ".join(f'"{key.id}"' for key in self.keys)
            return f"No model can be used yet: add a [[models]] entry for the key {names} to dispatch.toml."
        return defaults.WHAT_TO_DO


class Offers:
    """Looks it up when asked."""

    def __init__(
        self, settings: Callable[[], Settings], environment: Mapping[str, str], transport: Transport, ollama: str
    ) -> None:
        self._settings = settings
        self._environment = environment
        self._transport = transport
        self._ollama = ollama
        self._names: list[str] = []
        self._asked: float | None = None

    async def current(self) -> Offer:
        """What there is now."""
        settings = self._settings()
        keys, models = settings.keys or defaults.keys(self._environment), settings.models
        if not keys and not models:
            return Offer(*defaults.from_ollama(await self._local_models(), self._ollama))
        return Offer(keys, models or [model for key in keys for model in defaults.models(key)])

    async def _local_models(self) -> list[str]:
        moment = asyncio.get_running_loop().time()
        if self._asked is None or moment - self._asked > OLLAMA_KNOWN_FOR:
            self._names = _names(await self._transport.get(f"{self._ollama}/api/tags", OLLAMA_TIMEOUT))
            # one that is not there may be started any moment
            self._asked = moment if self._names else None
        return self._names


def _names(body: bytes | None) -> list[str]:
    try:
        tags = json.loads(body or b"{}")
    except ValueError:
        return []
    models = tags.get("models") if isinstance(tags, dict) else None
    names = [model.get("name") for model in models if isinstance(model, dict)] if isinstance(models, list) else []
    return [name for name in names if isinstance(name, str)]
