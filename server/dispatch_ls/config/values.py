"""Kinds of values in `dispatch.toml`, each with the sentence that says what it must be."""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

Id = Annotated[str, StringConstraints(min_length=1, max_length=200)]
"""What entries are called and merged by."""

Text = Annotated[str, StringConstraints(min_length=1)]
"""A text that says something."""


_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def _seconds(value: object) -> object:
    if not isinstance(value, str):
        return value
    match = _DURATION.fullmatch(value.strip())
    if match is None:
        raise ValueError('a duration is a number with a unit, such as "60s", "5m" or "1h"')
    return float(match[1]) * _SECONDS[match[2]]


def _url(value: str) -> str:
    if not re.fullmatch(r"(https?://|file:)[^\s]+", value):
        raise ValueError('must be an address that starts with "https://", "http://" or "file:"')
    return value


def _keyring_entry(value: str) -> str:
    if not re.fullmatch(r"[^/]+/.+", value):
        raise ValueError('must be "service/user"')
    return value


def _absolute(value: str) -> str:
    if not value.startswith(("/", "~/")):
        raise ValueError('must be an absolute path, or start with "~/"')
    return value


Url = Annotated[str, AfterValidator(_url)]
"""Where a provider is; `file:` is a recording that the scripted provider replays."""

Seconds = Annotated[float, BeforeValidator(_seconds, json_schema_input_type=str | float), Field(gt=0)]
"""A duration: "500ms", "60s", "5m", "1h", "1d", or a number of seconds."""

KeyringEntry = Annotated[str, AfterValidator(_keyring_entry)]
"""`service/user`."""

Directory = Annotated[str, AfterValidator(_absolute)]
"""A place that does not depend on where one stands."""
