"""Imports go down only; rooms on one floor do not know each other."""

import ast
from collections.abc import Iterator
from pathlib import Path

SERVER = Path(__file__).parents[2] / "server"
FLOORS = (
    {"protocol"},
    {"processes", "config"},
    {"sessions", "permissions", "languages", "opencode"},
    {"tools", "models"},
    {"agents"},
    {"pipeline"},
    {"editor"},
    {"app"},
    {"cli"},
    {"__main__"},
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
ONLY = {"pygls": "editor", "lsprotocol": "editor", "sqlite3": "sessions"}
"""Libraries that one room alone may know."""


def imports() -> Iterator[tuple[str, str, str]]:
    """Where, from which room, and what, of every import of the server, those inside functions too."""
    for file in sorted((SERVER / "dispatch_ls").rglob("*.py")):
        room = file.relative_to(SERVER / "dispatch_ls").parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = ["." * node.level + (node.module or "")]
            yield from ((f"{file.relative_to(SERVER)}:{getattr(node, 'lineno', 0)}", room, name) for name in names)


def allowed(room: str, name: str) -> bool:
    """Whether `room` may import `name`."""
    package, _, rest = name.partition(".")
    if package != "dispatch_ls":
        return ONLY.get(package, room) == room
    target = rest.partition(".")[0]
    return not target or target == room or FLOOR[target] < FLOOR[room]


def test_imports_go_down_only() -> None:
    assert [f"{where}: {room} imports {name}" for where, room, name in imports() if not allowed(room, name)] == []


def test_every_room_has_a_floor() -> None:
    assert {room for _, room, _ in imports()} - {"__init__"} <= set(FLOOR)
