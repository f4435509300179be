"""From a key and a model's name to a model that can be asked. A provider's code is loaded when it is first used."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from dispatch_ls.config.settings import Key
from dispatch_ls.models.model import Model
from dispatch_ls.models.scripted import ScriptedModel
from dispatch_ls.models.transport import Transport
from dispatch_ls.models.wire import Wire
from dispatch_ls.protocol.errors import NoKey

GOOGLE = "https://generativelanguage.googleapis.com/v1beta/openai"
"""Google's own endpoint for the chat completions protocol."""


def connect(name: str, key: Key, secret: str | None, transport: Transport) -> Model:
    """The model behind this key. Raises `NoKey` for a key that serves no models, or has an impossible address."""
    if key.provider == "scripted":
        return ScriptedModel(_file_of(key))
    from dispatch_ls.models.http_model import HttpModel

    _check_address(key)
    wire, base_url = _wire(name, key)
    return HttpModel(wire, base_url, secret, transport)


def _check_address(key: Key) -> None:
    try:
        parts = urlsplit(key.base_url or GOOGLE)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise NoKey(f'The key "{key.id}" can\'t be used: its base_url is no valid address.')


def _wire(name: str, key: Key) -> tuple[Wire, str]:
    match key.provider:
        case "anthropic":
            from dispatch_ls.models import anthropic

            return anthropic.Anthropic(name), key.base_url or anthropic.BASE_URL
        case "openai":
            from dispatch_ls.models import openai_responses

            return openai_responses.OpenAIResponses(name, key.id), key.base_url or openai_responses.BASE_URL
        case "google" | "openai-compatible":
            from dispatch_ls.models.dialects import dialect_of
            from dispatch_ls.models.openai_chat import OpenAIChat

            base_url = key.base_url or GOOGLE
            return OpenAIChat(name, key.id, dialect_of(base_url)), base_url
    raise NoKey(f'The key "{key.id}" is of provider {key.provider}, which runs its own agents and serves no models.')


def _file_of(key: Key) -> Path:
    return Path(unquote(urlsplit(key.base_url or "").path)).expanduser()
