"""The configuration in force: the user's file over what is built in, and the project's over that, narrowed."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from dispatch_ls.config.builtin import DEFAULT_AGENT, builtin, prompt_of
from dispatch_ls.config.checking import Checked
from dispatch_ls.config.layer import Layer, read_layer
from dispatch_ls.config.merge import fields, merge, table
from dispatch_ls.config.narrowing import Narrowing
from dispatch_ls.config.parsing import Tree, dotted
from dispatch_ls.config.positions import Field
from dispatch_ls.config.references import unknown_names
from dispatch_ls.config.settings import Settings
from dispatch_ls.protocol.errors import ConfigError, Place


@dataclass(frozen=True)
class Loaded:
    """What is in force. `origins` tells where a field (`agents.build.prompt`) was said, nothing where it is built in.

    `problems` are all there are with the files, in the order of their lines; `files` those that exist.
    """

    settings: Settings
    origins: Mapping[str, Place]
    problems: tuple[ConfigError, ...]
    files: tuple[Path, ...]


def load(user_file: Path, project_file: Path | None, trusted: bool) -> Loaded:
    """Read and merge the files; never raises for what is in them. Blocks on the file system."""
    return combine(read_layer(user_file), read_layer(project_file) if project_file else None, trusted=trusted)


def combine(user: Layer, project: Layer | None, *, trusted: bool) -> Loaded:
    """Merge what the files say."""
    base = merge(builtin(), user.checked.tree)
    problems = list(user.problems)
    said: list[tuple[Checked, Tree]] = [(user.checked, user.checked.tree)]
    if project is not None:
        narrowed = Narrowing(project.checked, base, user.file, trusted=trusted)
        base = merge(base, narrowed.tree)
        problems += [*project.problems, *narrowed.problems]
        said.append((project.checked, narrowed.tree))
    settings = _settings(base)
    origins = _Origins(said)
    problems += unknown_names(settings, origins.problem)
    files = tuple(layer.file for layer in (user, project) if layer is not None and layer.present)
    return Loaded(_mended(settings), origins.places, tuple(problems), files)


class _Origins:
    def __init__(self, said: list[tuple[Checked, Tree]]) -> None:
        self.places: dict[str, Place] = {}
        self._said: dict[Field, Checked] = {}
        for checked, tree in said:
            for field in fields(tree):
                self.places[dotted(field)] = checked.place(field, at_key=True)
                self._said[field] = checked

    def problem(self, field: Field, text: str) -> ConfigError:
        """A problem with a field of the merged tree, at the place where it was said."""
        for length in range(len(field), 0, -1):
            checked = self._said.get(field[:length])
            if checked is not None:
                return checked.problem(field, text)
        return next(iter(self._said.values())).problem(field, text)


def _settings(tree: Tree) -> Settings:
    """An agent without a prompt of its own has the default agent's."""
    agents = cast(dict[str, Tree], table(tree, "agents"))
    prompted = {
        name: agent if agent.keys() & {"prompt", "prompt_file"} else {**agent, "prompt": prompt_of(DEFAULT_AGENT)}
        for name, agent in agents.items()
    }
    return Settings.model_validate({**tree, "agents": prompted})


def _mended(settings: Settings) -> Settings:
    """With a default agent that exists."""
    if settings.defaults.agent in settings.agents:
        return settings
    defaults = settings.defaults.model_copy(update={"agent": DEFAULT_AGENT})
    return settings.model_copy(update={"defaults": defaults})
