"""Putting one file's tree over another's: entries by id and field by field, rules so that no deny is lost."""

from collections.abc import Iterator
from typing import cast

from dispatch_ls.config.parsing import Tree
from dispatch_ls.config.positions import Field

_BY_ID = ("keys", "models")
_RULES = ("read", "edit", "shell", "network", "summon")
_PROMPTS = {"prompt", "prompt_file"}
_DEPTH = {"keys": 3, "models": 3, "agents": 3, "permissions": 3, "lsp": 2, "opencode": 2, "mcp": 2}
_ENTRIES_DEPTH = {("lsp", "servers"): 4, ("opencode", "instances"): 4, ("mcp", "servers"): 4}


def merge(base: Tree, over: Tree) -> Tree:
    """A tree with all of both; what `over` says counts, except over a deny."""
    merged = dict(base)
    for name, value in over.items():
        merged[name] = _merged(name, base.get(name), value)
    return merged


def fields(tree: Tree) -> Iterator[Field]:
    """What a tree says, down to the fields of its entries; entries of arrays go by their ids."""
    for name, value in tree.items():
        if name in _BY_ID:
            for entry in cast(list[Tree], value):
                yield from ((name, cast(str, entry["id"]), field) for field in entry)
        else:
            yield from _leaves((name,), value)


def table(tree: Tree, *path: str) -> Tree:
    """The table at a path, empty where there is none."""
    value: object = tree
    for name in path:
        value = cast(Tree, value).get(name, {})
    return cast(Tree, value)


def _merged(name: str, base: object, over: object) -> object:
    if base is None:
        return over
    if name in _BY_ID:
        return _by_id(cast(list[Tree], base), cast(list[Tree], over))
    if name == "agents":
        return _agents(cast(dict[str, Tree], base), cast(dict[str, Tree], over))
    if name == "permissions":
        return _permissions(cast(Tree, base), cast(Tree, over))
    return _tables(cast(Tree, base), cast(Tree, over), deep=2) if isinstance(over, dict) else over


def _by_id(base: list[Tree], over: list[Tree]) -> list[Tree]:
    entries = {cast(str, entry["id"]): entry for entry in base}
    for entry in over:
        name = cast(str, entry["id"])
        entries[name] = entries.get(name, {}) | entry
    return list(entries.values())


def _agents(base: dict[str, Tree], over: dict[str, Tree]) -> dict[str, Tree]:
    merged = dict(base)
    for name, agent in over.items():
        kept = base.get(name, {})
        if agent.keys() & _PROMPTS:
            kept = {field: value for field, value in kept.items() if field not in _PROMPTS}
        merged[name] = kept | agent
    return merged


def _tables(base: Tree, over: Tree, deep: int) -> Tree:
    merged = dict(base)
    for name, value in over.items():
        inner = base.get(name)
        if deep and isinstance(inner, dict) and isinstance(value, dict):
            merged[name] = _tables(inner, value, deep - 1)
        else:
            merged[name] = value
    return merged


def _permissions(base: Tree, over: Tree) -> Tree:
    merged = dict(base) | dict(over)
    for name in _RULES:
        if name in base and name in over:
            merged[name] = _rules(cast(dict[str, str], base[name]), cast(dict[str, str], over[name]))
    return merged


def _rules(base: dict[str, str], over: dict[str, str]) -> dict[str, str]:
    """The rules of `over` come last, as the last match wins; the same pattern keeps its deny."""
    kept = {pattern: action for pattern, action in base.items() if pattern not in over}
    return kept | {pattern: "deny" if base.get(pattern) == "deny" else action for pattern, action in over.items()}


def _leaves(field: Field, value: object) -> Iterator[Field]:
    depth = _ENTRIES_DEPTH.get(cast(tuple[str, str], field[:2]), _DEPTH.get(str(field[0]), 2))
    if isinstance(value, dict) and len(field) < depth:
        for name, inner in value.items():
            yield from _leaves((*field, name), inner)
    else:
        yield field
