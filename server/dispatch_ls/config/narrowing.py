"""What a project's file may say: it adds agents, models of keys that are there, routes, and it narrows.

A repository that was only opened must not spend money elsewhere, send keys elsewhere, allow anything or start anything.
"""

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from dispatch_ls.config.checking import Checked
from dispatch_ls.config.merge import table
from dispatch_ls.config.parsing import Tree
from dispatch_ls.config.positions import Field
from dispatch_ls.config.settings import Limits
from dispatch_ls.protocol.errors import ConfigError

_RULES = ("read", "edit", "shell", "network", "summon")


class Narrowing:
    """A project's tree without what it may not say, and a problem for each such thing."""

    def __init__(self, project: Checked, base: Tree, user_file: Path, *, trusted: bool) -> None:
        self.tree = copy.deepcopy(project.tree)
        self.problems: list[ConfigError] = []
        self._project = project
        self._base = base
        self._user_file = user_file
        self._whole_tables()
        self._models()
        self._agents()
        self._permissions()
        self._limits()
        if not trusted:
            self._servers()

    def _refuse(self, field: Field, what: str) -> None:
        text = f"ignored: a project can't {what}; that belongs into {self._user_file}"
        self.problems.append(self._project.problem(field, text, at_key=True))

    def _whole_tables(self) -> None:
        for entry in cast(list[Tree], self.tree.pop("keys", [])):
            self._refuse(("keys", str(entry["id"])), "add or change keys")
        if self.tree.pop("fallback", None) is not None:
            self._refuse(("fallback",), "say which keys are used")
        if self.tree.pop("opencode", None) is not None:
            self._refuse(("opencode",), "add or change OpenCode servers")

    def _models(self) -> None:
        known = {entry["id"] for entry in cast(list[Tree], self._base.get("models", []))}
        added = []
        for entry in cast(list[Tree], self.tree.pop("models", [])):
            field = ("models", str(entry["id"]))
            if entry["id"] in known:
                self._refuse(field, "change a model of yours")
                continue
            if entry.pop("price", None) is not None:
                self._refuse((*field, "price"), "set prices, which budgets rest on")
            added.append(entry)
        if added:
            self.tree["models"] = added

    def _agents(self) -> None:
        for name, agent in table(self.tree, "agents").items():
            field = ("agents", name)
            entry = cast(Tree, agent)
            allowed = cast(Sequence[str] | None, table(self._base, "agents", name).get("tools"))
            if allowed is not None and not set(cast(list[str], entry.get("tools", []))) <= set(allowed):
                self._refuse((*field, "tools"), f"give the agent {name} more tools than {', '.join(allowed)}")
                del entry["tools"]
            for path in ("prompt_file", "directory"):
                if path in entry and not _is_within(self._project.file.parent, str(entry[path])):
                    self._refuse((*field, path), "reach outside its own directory")
                    del entry[path]

    def _permissions(self) -> None:
        permissions = table(self.tree, "permissions")
        if permissions.pop("allow_directories", None) is not None:
            self._refuse(("permissions", "allow_directories"), "open directories")
        for operation in _RULES:
            rules = cast(dict[str, str], table(permissions, operation))
            for pattern in [pattern for pattern, action in rules.items() if action == "allow"]:
                self._refuse(("permissions", operation, pattern), "allow anything")
                del rules[pattern]

    def _limits(self) -> None:
        limits = table(self.tree, "limits")
        base = Limits.model_validate(table(self._base, "limits"))
        for name in list(limits):
            most = getattr(base, name)
            if most is not None and cast(float, limits[name]) > most:
                self._refuse(("limits", name), f"raise a limit above {most}")
                del limits[name]

    def _servers(self) -> None:
        for group in ("lsp", "mcp"):
            servers = table(self.tree, group, "servers")
            for name in [name for name, entry in servers.items() if entry != {"enabled": False}]:
                text = "ignored until you trust this workspace: it can start programs"
                self.problems.append(self._project.problem((group, "servers", name), text, at_key=True))
                del servers[name]


def _is_within(directory: Path, path: str) -> bool:
    real = directory.resolve()
    return not path.startswith("~") and (real / path).resolve().is_relative_to(real)
