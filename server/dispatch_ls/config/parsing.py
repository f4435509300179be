"""From the text of one file to a tree and its positions; a syntax error is a problem with line and column."""

import re
import tomllib
from pathlib import Path

from dispatch_ls.config.positions import Positions, positions
from dispatch_ls.protocol.errors import ConfigError, Place

Tree = dict[str, object]
"""A file as parsed: tables, arrays, scalars."""

# The parser needs quadratic time for keys of thousands of parts: a file of 100 KB would hold it for a minute.
_LONG_KEY = re.compile(r"""(?<![\w"'.-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){32}""")
_WHERE = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)
_DEEP = "it is nested too deeply"


def parse(file: Path, text: str) -> tuple[Tree, Positions]:
    """The tree of a TOML text; raises `ConfigError`."""
    long_key = _LONG_KEY.search(text)
    if long_key is not None:
        raise ConfigError(_place(file, text, long_key.start()), _DEEP)
    try:
        return tomllib.loads(text), positions(text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error(file, text, str(error)) from error
    except RecursionError as error:
        raise ConfigError(Place(file, 1, 1, ""), _DEEP) from error
    except ValueError as error:
        raise ConfigError(Place(file, 1, 1, ""), f"it is not valid TOML: {error}") from error


def dotted(field: tuple[str | int, ...]) -> str:
    """A field as people write it: `keys[0].secret`, `permissions.shell."git push *"`."""
    text = ""
    for part in field:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            name = part if re.fullmatch(r"[A-Za-z0-9_-]+", part) else '"' + part.replace('"', '\\"') + '"'
            text += f".{name}" if text else name
    return text


def _syntax_error(file: Path, text: str, message: str) -> ConfigError:
    match = _WHERE.fullmatch(message)
    if match is None:
        return ConfigError(Place(file, 1, 1, ""), f"it is not valid TOML: {message}")
    place = Place(file, int(match[2]), int(match[3]), "") if match[2] else _place(file, text, len(text))
    return ConfigError(place, f"it is not valid TOML: {match[1][0].lower()}{match[1][1:]}")


def _place(file: Path, text: str, offset: int) -> Place:
    return Place(file, text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset), "")
