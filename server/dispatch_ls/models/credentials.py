"""The secrets of keys, as requests need them: at every step of an agent."""

import asyncio
from collections.abc import Mapping

from dispatch_ls.config.secrets import Secrets
from dispatch_ls.config.settings import Key, Secret
from dispatch_ls.models import defaults
from dispatch_ls.protocol.errors import NoKey

KEPT_FOR = 300.0
"""Seconds for which a program or a keyring is not asked again: both are slow, and may ask the user."""


class Credentials:
    """Looks secrets up, and keeps those for a while that are slow to get."""

    def __init__(self, secrets: Secrets, environment: Mapping[str, str]) -> None:
        self._secrets = secrets
        self._environment = environment
        self._kept: dict[tuple[str, str], tuple[float, str]] = {}

    async def of(self, key: Key) -> str | None:
        """The secret of a key, None for a server that wants none. Raises `NoKey` with what the user can do."""
        secret = key.secret or self._usual(key)
        if secret is None:
            return None
        if secret.command is None and secret.keyring is None:
            return await self._secrets.resolve(key.id, secret)
        place, moment = (key.id, secret.model_dump_json()), asyncio.get_running_loop().time()
        until, value = self._kept.get(place, (0.0, ""))
        if moment >= until:
            value = await self._secrets.resolve(key.id, secret)
            self._kept[place] = (moment + KEPT_FOR, value)
        return value

    def _usual(self, key: Key) -> Secret | None:
        """Where the secret is that the configuration does not mention."""
        if key.provider in ("scripted", "opencode"):
            return None
        variable = defaults.variable_of(key)
        if variable is not None and self._environment.get(variable):
            return Secret(env=variable)
        if key.provider == "openai-compatible" or variable is None:
            return None
        raise NoKey(f'The key "{key.id}" has no secret: add one to dispatch.toml, or set {variable}.')
