"""One file's tree against the settings: what is wrong with it, and what is left when that is taken out."""

import copy
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from dispatch_ls.config.parsing import Tree, dotted
from dispatch_ls.config.positions import Field, Positions
from dispatch_ls.config.settings import Settings
from dispatch_ls.config.wording import explain
from dispatch_ls.protocol.errors import ConfigError, Place

MOST = 50
"""How many problems of one file are told."""

_ARRAYS = ("keys", "models")
_ENTRIES = {("keys",): 2, ("models",): 2, ("agents",): 2, ("lsp", "servers"): 3, ("mcp", "servers"): 3}
_ENTRIES |= {("opencode", "instances"): 3}


class Checked:
    """A file's tree without what is wrong in it, and the problems.

    An entry with a problem is left out whole: half a key would be one without its budget.
    """

    def __init__(self, file: Path, tree: Tree, where: Positions) -> None:
        self.file = file
        self.problems: list[ConfigError] = []
        self.tree = copy.deepcopy(tree)
        self._where = where
        self._index = {(array, name): index for array in _ARRAYS for index, name in reversed(_ids(tree, array))}
        errors = _errors(tree)
        self._report(errors)
        while errors:
            self._take_out({self._cut(_field(error)) for error in errors})
            errors = _errors(self.tree)
        for array in _ARRAYS:
            self._refuse_twins(tree, array)
        self._forget_allowances()

    def problem(self, field: Field, text: str, *, at_key: bool = False) -> ConfigError:
        """A problem with a field of this file; entries of arrays may be named by their ids."""
        return ConfigError(self.place(field, at_key=at_key), text)

    def place(self, field: Field, *, at_key: bool = False) -> Place:
        """Where a field is; entries of arrays may be named by their ids."""
        if len(field) > 1 and field[0] in _ARRAYS and isinstance(field[1], str):
            field = (field[0], self._index.get((field[0], field[1]), 0), *field[2:])
        line, column = self._where.of_key(field) if at_key else self._where.of_value(field)
        return Place(self.file, line, column, dotted(field))

    def _report(self, errors: Sequence[ErrorDetails]) -> None:
        for error in errors[:MOST]:
            field = _field(error)
            at_key = error["type"] in ("extra_forbidden", "missing") or error["loc"][-1] == "[key]"
            self.problems.append(self.problem(field, explain(error, field), at_key=at_key))
        if len(errors) > MOST:
            self.problems.append(ConfigError(Place(self.file, 1, 1, ""), f"and {len(errors) - MOST} more problems"))

    def _cut(self, field: Field) -> Field:
        """What to leave out for an error in a field: the whole entry, or the field as far as it exists."""
        for entries, length in _ENTRIES.items():
            if field[: length - 1] == entries:
                return field[:length]
        value: object = self.tree
        for length, part in enumerate(field):
            if not (isinstance(value, dict) and part in value):
                return field[:length]
            value = value[part]
        return field

    def _take_out(self, fields: Iterable[Field]) -> None:
        for field in sorted(fields, key=_order, reverse=True):
            parent: object = self.tree
            for part in field[:-1]:
                parent = cast(dict[str | int, object], parent)[part]
            del cast(dict[str | int, object], parent)[field[-1]]

    def _refuse_twins(self, tree: Tree, array: str) -> None:
        for index, name in _ids(tree, array):
            if index != self._index[array, name]:
                self.problems.append(self.problem((array, index, "id"), f'there are two with the id "{name}"'))
        if array in self.tree:
            entries = cast(list[dict[str, object]], self.tree[array])
            self.tree[array] = list({entry["id"]: entry for entry in reversed(entries)}.values())[::-1]

    def _forget_allowances(self) -> None:
        """A broken rule may have been a deny: no rule that widens counts beside it."""
        if not any(problem.place.field.startswith("permissions") for problem in self.problems):
            return
        permissions = cast(dict[str, dict[str, str]], self.tree.get("permissions", {}))
        permissions.pop("allow_directories", None)
        for operation, rules in permissions.items():
            permissions[operation] = {pattern: action for pattern, action in rules.items() if action != "allow"}


def _errors(tree: Tree) -> list[ErrorDetails]:
    try:
        Settings.model_validate(tree)
    except ValidationError as error:
        return error.errors(include_url=False)
    return []


def _field(error: ErrorDetails) -> Field:
    """The field an error is at; pydantic marks an error of a table's key by `[key]`."""
    return tuple(part for part in error["loc"] if part != "[key]")


def _order(field: Field) -> tuple[str, ...]:
    return tuple(f"{part:09}" if isinstance(part, int) else part for part in field)


def _ids(tree: Tree, array: str) -> list[tuple[int, str]]:
    entries = tree.get(array)
    if not isinstance(entries, list):
        return []
    named = ((index, entry.get("id")) for index, entry in enumerate(entries) if isinstance(entry, dict))
    return [(index, name) for index, name in named if isinstance(name, str)]
