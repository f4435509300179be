"""One configuration file as it is now, or as it last was when it was whole."""

import dataclasses
import os
from dataclasses import dataclass
from pathlib import Path

from dispatch_ls.config.checking import Checked
from dispatch_ls.config.merge import table
from dispatch_ls.config.parsing import Tree, parse
from dispatch_ls.config.positions import Positions
from dispatch_ls.config.reading import read_text
from dispatch_ls.protocol.errors import ConfigError


@dataclass(frozen=True)
class Layer:
    """What a file says. `problems` are those of the file as it is now, whatever state `checked` is from."""

    file: Path
    present: bool
    sound: bool
    checked: Checked
    problems: tuple[ConfigError, ...] = ()

    def or_last_good(self, previous: "Layer | None") -> "Layer":
        """This one, or, where it has problems, what the file said when it had none (CONF-2)."""
        if self.sound or previous is None or not previous.sound or previous.file != self.file:
            return self
        return dataclasses.replace(previous, present=self.present, problems=self.problems)


def read_layer(file: Path) -> Layer:
    """Read a file; never raises for what is in it. Blocks on the file system."""
    try:
        text = read_text(file)
        tree, where = parse(file, text or "")
    except ConfigError as error:
        return Layer(file, True, False, Checked(file, {}, Positions({}, {}, [0])), (error,))
    checked = Checked(file, tree, where)
    _anchor(checked.tree, file.parent)
    problems = tuple(sorted(checked.problems, key=lambda problem: (problem.place.line, problem.place.column)))
    return Layer(file, text is not None, not problems, checked, problems)


def _anchor(tree: Tree, directory: Path) -> None:
    """Paths in a file are relative to the file."""
    holders: list[tuple[object, str]] = [(agent, "prompt_file") for agent in table(tree, "agents").values()]
    keys = tree.get("keys", [])
    if isinstance(keys, list):
        holders += [(key.get("secret"), "file") for key in keys]
    for instance in table(tree, "opencode", "instances").values():
        if isinstance(instance, dict):
            holders.append((instance.get("password"), "file"))
    for holder, name in holders:
        if isinstance(holder, dict) and isinstance(holder.get(name), str):
            holder[name] = os.path.normpath(directory / _at_home(holder[name]))


def _at_home(path: str) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError:  # `~someone` who is not there
        return Path(path)
