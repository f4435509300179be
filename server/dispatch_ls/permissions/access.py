"""What an agent wants to do, as the gate is asked about it."""

from dataclasses import dataclass
from pathlib import Path

from dispatch_ls.protocol.permissions import Operation


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """One operation of one tool call. `target` is what the user is shown, whole: a path, a command or an address.

    `paths` are real paths: what is read or written, or the directory a command runs in.
    """

    session_id: str
    item_id: str
    operation: Operation
    target: str
    paths: tuple[Path, ...] = ()
    title: str
    tool: str
