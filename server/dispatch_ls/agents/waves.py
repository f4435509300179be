"""Which tool calls of one step run together (LOOP-1)."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from dispatch_ls.protocol.items import ToolKind

READING = frozenset({ToolKind.READ, ToolKind.SEARCH, ToolKind.THINK, ToolKind.FETCH})


class Planned(Protocol):
    """A call that is to run: what kind it is, and the paths that it is about."""

    @property
    def kind(self) -> ToolKind:
        """What the tool does."""

    @property
    def paths(self) -> frozenset[str]:
        """The files it is about."""


C = TypeVar("C", bound=Planned)


def waves(calls: Sequence[C]) -> list[list[C]]:
    """Split the calls, in order: those in one wave are independent, a wave may depend on those before it."""
    result: list[list[C]] = []
    for call in calls:
        if result and all(independent(call, other) for other in result[-1]):
            result[-1].append(call)
        else:
            result.append([call])
    return result


def independent(one: Planned, other: Planned) -> bool:
    """Whether two calls may run at once: both only read, both are commands, or both change different files."""
    if one.kind in READING and other.kind in READING:
        return True
    if one.kind is not other.kind:
        return False
    if one.kind is ToolKind.EDIT:
        return not one.paths & other.paths
    return True
