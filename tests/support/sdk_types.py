"""Whether a value is of a type as the libraries write request types down: closed, so that no field is unknown."""

import types
import typing
from collections.abc import Iterable, Mapping
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

import typing_extensions

WRAPPERS = (typing.Annotated, typing.Required, typing_extensions.Required, typing.NotRequired)


def misfits(value: Any, kind: Any, path: str = "") -> list[str]:
    """Where the value is not of this type, as paths."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in WRAPPERS:
        return misfits(value, arguments[0], path)
    if origin in (Union, types.UnionType):
        found = [misfits(value, one, path) for one in arguments]
        # the alternative that fits furthest tells the most
        return min(found, key=lambda misfit: (bool(misfit), -max(map(len, misfit), default=0)))
    if is_typeddict(kind) or typing_extensions.is_typeddict(kind):
        return _of_fields(value, kind, path)
    if isinstance(origin, type) and issubclass(origin, Iterable) and not issubclass(origin, Mapping):
        return _of_list(value, arguments[0], path)
    return [] if _is_plain(value, kind) else [f"{path}: {value!r} is no {kind}"]


def _of_list(value: Any, kind: Any, path: str) -> list[str]:
    if not isinstance(value, list):
        return [f"{path}: no list"]
    return [one for index, each in enumerate(value) for one in misfits(each, kind, f"{path}[{index}]")]


def _of_fields(value: Any, kind: Any, path: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path}: no object"]
    fields = get_type_hints(kind, include_extras=True)
    wrong = [f"{path}.{name}: unknown" for name in value if name not in fields]
    wrong += [f"{path}.{name}: missing" for name in kind.__required_keys__ if name not in value]
    return wrong + [
        one for name, field in fields.items() if name in value for one in misfits(value[name], field, f"{path}.{name}")
    ]


def _is_plain(value: Any, kind: Any) -> bool:
    origin = get_origin(kind) or kind
    if origin is Literal:
        return value in get_args(kind)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return isinstance(value, dict)
    if kind is float:
        return isinstance(value, int | float)
    known = kind in (Any, object) or (value is None and kind in (None, type(None)))
    return known or (isinstance(kind, type) and isinstance(value, kind))
