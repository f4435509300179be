"""The seam for confinement: every child is started through a `Sandbox`, which turns a command into a confined one."""

from collections.abc import Sequence
from typing import Literal, Protocol

Level = Literal["full", "partial", "none"]
"""How far a child is confined; `none` has to be said to the user wherever a command is shown."""


class Sandbox(Protocol):
    """What confines a child."""

    @property
    def level(self) -> Level:
        """How far children are confined."""
        ...

    def wrap(self, command: Sequence[str]) -> list[str]:
        """The argument vector that runs `command` confined."""
        ...


class NoSandbox:
    """Children run with the rights of the user."""

    @property
    def level(self) -> Level:
        """Not at all."""
        return "none"

    def wrap(self, command: Sequence[str]) -> list[str]:
        """The command as it is."""
        return list(command)
