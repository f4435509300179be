"""Writing an "always" of the user into `dispatch.toml`: one line more, every other byte as it was (PERM-2)."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Literal, cast

import tomlkit
from tomlkit import TOMLDocument
from tomlkit.container import Container, OutOfOrderTableProxy
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Comment, InlineTable, Item, Table, Whitespace

from dispatch_ls.config.array_text import with_string
from dispatch_ls.config.atomic import alone, replace
from dispatch_ls.config.parsing import Tree, parse
from dispatch_ls.config.positions import positions
from dispatch_ls.config.reading import read_text
from dispatch_ls.config.settings import Action
from dispatch_ls.protocol.errors import ConfigError, Place

RuleTable = Literal["read", "edit", "shell", "network", "summon"]

_NEW_FILE = "version = 1\n"


def add_directory_grant(file: Path, directory: str) -> None:
    """Open a directory for good. Blocks; raises OSError, or `ConfigError` where the file is broken; then it stays."""

    def change(text: str, tree: Tree) -> str:
        permissions = cast(Tree, tree.setdefault("permissions", {}))
        directories = cast(list[str], permissions.setdefault("allow_directories", []))
        if directory in directories:
            return text
        directories.append(directory)
        return _with_directory(text, directory)

    _rewrite(file, change)


def add_rule(file: Path, table: RuleTable, pattern: str, action: Action) -> None:
    """Add a rule behind those of its table, where it counts before them. Blocks; raises like `add_directory_grant`.

    A deny of the same pattern is not softened: that is for the user's own hand.
    """

    def change(text: str, tree: Tree) -> str:
        permissions = cast(Tree, tree.setdefault("permissions", {}))
        rules = cast(Tree, permissions.setdefault(table, {}))
        if rules.get(pattern) == "deny" and action != "deny":
            raise ConfigError(Place(file, 1, 1, f"permissions.{table}"), f'"{pattern}" is denied there')
        rules[pattern] = action
        return _with_rule(text, table, pattern, action)

    _rewrite(file, change)


def _rewrite(file: Path, change: Callable[[str, Tree], str]) -> None:
    """Change the text; the new one must mean what was meant, else nothing is written."""
    with alone(file):
        before = read_text(file)
        text = _NEW_FILE if before is None else before
        wanted, _ = parse(file, text)
        try:
            changed = change(text, wanted)
            sound = tomllib.loads(changed) == wanted
        except (TOMLKitError, tomllib.TOMLDecodeError, AttributeError, LookupError, TypeError):
            sound = False
        if not sound:
            raise ConfigError(Place(file, 1, 1, "permissions"), "it is laid out in a way that Dispatch can't add to")
        if changed != before:
            replace(file, changed.encode())


def _with_directory(text: str, directory: str) -> str:
    document = tomlkit.parse(text)
    permissions = document.get("permissions")
    if permissions is not None and "allow_directories" in permissions:
        old = permissions["allow_directories"].as_string()
        new = with_string(old, tomlkit.string(directory).as_string())
        at = positions(text).values["permissions", "allow_directories"]
        return text[:at] + new + text[at + len(old) :]
    line = tomlkit.item([directory])
    own = _own_table(document)
    if own is not None:
        _append(own, "allow_directories", line, text)
        return tomlkit.dumps(document)
    return _with_section(text, "permissions", f"allow_directories = {line.as_string()}")


def _with_rule(text: str, table: RuleTable, pattern: str, action: Action) -> str:
    document = tomlkit.parse(text)
    permissions = document.get("permissions")
    rules = permissions.get(table) if permissions is not None else None
    if rules is None and isinstance(permissions, InlineTable):
        permissions[table] = tomlkit.inline_table()
        rules = permissions[table]
    if rules is None:
        line = f"{tomlkit.string(pattern).as_string()} = {tomlkit.string(action).as_string()}"
        return _with_section(text, f"permissions.{table}", line)
    if pattern in rules and list(rules)[-1] == pattern:
        rules[pattern] = action
        return tomlkit.dumps(document)
    comment = rules[pattern].trivia.comment if pattern in rules else ""
    rules.pop(pattern, None)
    _append(rules, pattern, tomlkit.item(action), text, comment)
    return tomlkit.dumps(document)


def _own_table(document: TOMLDocument) -> Table | InlineTable | None:
    """`[permissions]` as it is written itself; one that is only implied by others has no place for a key."""
    for key, item in document.body:
        if key is None or key.key != "permissions":
            continue
        if isinstance(item, InlineTable) or (isinstance(item, Table) and not item.is_super_table()):
            return item
    return None


def _append(table: Table | InlineTable, name: str, value: Item, text: str, comment: str = "") -> None:
    """Put a key right behind the last one: comments and blank lines at the end belong to what comes next."""
    if isinstance(table, InlineTable):
        table[name] = value
        return
    if "\r\n" in text:
        value.trivia.trail = "\r\n"
    if comment:
        value.comment(comment)
    body = table.value.body
    end = max((place + 1 for place, (_, item) in enumerate(body) if _is_pair(item)), default=0)
    behind = body[end:]
    del body[end:]
    table.append(name, value)
    body.extend(behind)


def _is_pair(item: Item | Container) -> bool:
    return not isinstance(item, Whitespace | Comment | Table | OutOfOrderTableProxy)


def _with_section(text: str, name: str, line: str) -> str:
    end = "\r\n" if "\r\n" in text else "\n"
    gap = "" if not text else end if text.endswith("\n") else end * 2
    return f"{text}{gap}[{name}]{end}{line}{end}"
