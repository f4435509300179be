"""Getting a secret from where the configuration says it is. Errors name the key that wants it, never the secret."""

import asyncio
import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from dispatch_ls.config.reading import read_bounded
from dispatch_ls.config.settings import Secret
from dispatch_ls.protocol.errors import NoKey

_LIMIT = 64 * 1024


class Run(Protocol):
    """Starts a program and waits for it, at most `timeout` seconds; raises OSError or TimeoutError."""

    async def __call__(self, command: Sequence[str], *, timeout: float) -> tuple[int, bytes]:
        """Its exit code and what it wrote to its standard output."""


class Secrets:
    """The user's secrets, asked for when they are needed and not kept."""

    def __init__(self, environment: Mapping[str, str], run: Run, *, timeout: float = 30.0) -> None:
        self._environment = environment
        self._run = run
        self._timeout = timeout

    async def resolve(self, key_id: str, secret: Secret) -> str:
        """The secret of a key; raises `NoKey` with what the user can do."""
        try:
            if secret.env is not None:
                return _usable(self._from_environment(secret.env))
            if secret.file is not None:
                return _usable(await asyncio.to_thread(_from_file, secret.file))
            if secret.command is not None:
                return _usable(await self._from_command(secret.command))
            return _usable(await self._from_keyring(secret.keyring or ""))
        except _Unusable as error:
            raise NoKey(f'The key "{key_id}" can\'t be used: {error}.') from None

    def _from_environment(self, name: str) -> str:
        value = self._environment.get(name)
        if not value:
            raise _Unusable(f"the environment variable {name} is not set")
        return value

    async def _from_command(self, command: Sequence[str]) -> str:
        name = Path(command[0]).name
        try:
            code, output = await self._run(command, timeout=self._timeout)
        except TimeoutError:
            raise _Unusable(f"{name} gave no answer in {self._timeout:g} s") from None
        except OSError as error:
            raise _Unusable(f"{name} could not be started ({error.strerror})") from None
        if code != 0:
            raise _Unusable(f"{name} ended with exit code {code}")
        return _decoded(output)

    async def _from_keyring(self, entry: str) -> str:
        service, _, user = entry.partition("/")
        try:
            async with asyncio.timeout(self._timeout):
                value = await asyncio.to_thread(_ask_keyring, service, user)
        except TimeoutError:
            raise _Unusable(f"the system's keyring gave no answer in {self._timeout:g} s") from None
        if not value:
            raise _Unusable(f"the system's keyring holds nothing for {entry}")
        return value


class _Unusable(Exception):
    """Why there is no secret, without any of it."""


def _from_file(path: str) -> str:
    file = Path(path).expanduser()
    try:
        data = read_bounded(file, _LIMIT)
    except OSError as error:
        raise _Unusable(f"{file} can't be read ({error.strerror})") from None
    except ValueError as error:
        raise _Unusable(f"{file}: {error}") from None
    if data is None:
        raise _Unusable(f"there is no file {file}")
    return _decoded(data)


def _ask_keyring(service: str, user: str) -> str | None:
    try:
        keyring = importlib.import_module("keyring")
    except ImportError:
        raise _Unusable("the system's keyring needs the extra dispatch-ls[keyring]") from None
    try:
        value = keyring.get_password(service, user)
    except Exception as error:  # its backends raise what they like
        raise _Unusable(f"the system's keyring failed ({type(error).__name__})") from None
    return value if isinstance(value, str) else None


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise _Unusable("what was found is not text") from None


def _usable(value: str) -> str:
    """Without the line end that files and programs put behind it; anything else could forge a header."""
    value = value.strip()
    if not value:
        raise _Unusable("what was found is empty")
    if not value.isprintable() or not value.isascii():
        raise _Unusable("what was found holds characters that no key has")
    return value
