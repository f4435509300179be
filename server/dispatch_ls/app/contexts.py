"""What tools are given: one set of readings and one place for long results per session."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dispatch_ls.tools.context import Context, Gate
from dispatch_ls.tools.cut import Spill
from dispatch_ls.tools.files import Files
from dispatch_ls.tools.reading import Readings

RESULTS = "results"
"""The directory of long results, beside the log of the workspace."""


@dataclass
class _Kept:
    readings: Readings
    spill: Spill


@dataclass
class Contexts:
    """Makes the context of each call."""

    workspace: Path
    state: Path
    files: Files
    gate: Gate
    environment: Mapping[str, str]
    _kept: dict[str, _Kept] = field(default_factory=dict)

    def of(self, session_id: str, item_id: str, directory: Path) -> Context:
        """What the tool of one call may use."""
        kept = self._kept.setdefault(session_id, _Kept(Readings(), Spill(self.state / RESULTS / session_id)))
        return Context(
            session_id=session_id,
            item_id=item_id,
            workspace=self.workspace,
            directory=directory,
            files=self.files,
            readings=kept.readings,
            gate=self.gate,
            spill=kept.spill,
            environment=self.environment,
        )
