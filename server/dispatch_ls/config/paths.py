"""Where Dispatch keeps its files, by the XDG base directories."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CONFIG_NAME = "dispatch.toml"


@dataclass(frozen=True)
class Paths:
    """Directories of one user: what the user writes, what is kept, what can be made again."""

    config: Path
    state: Path
    cache: Path

    @classmethod
    def of(cls, environment: Mapping[str, str], home: Path) -> "Paths":
        """From the environment; a relative path in it counts as none, as the XDG specification says."""

        def base(variable: str, default: str) -> Path:
            given = Path(environment.get(variable, ""))
            return (given if given.is_absolute() else home / default) / "dispatch"

        return cls(
            config=base("XDG_CONFIG_HOME", ".config"),
            state=base("XDG_STATE_HOME", ".local/state"),
            cache=base("XDG_CACHE_HOME", ".cache"),
        )

    @property
    def user_file(self) -> Path:
        """The user's `dispatch.toml`."""
        return self.config / CONFIG_NAME

    @property
    def trust_file(self) -> Path:
        """The store of trusted workspaces."""
        return self.state / "trust.json"

    def workspace_state(self, workspace: Path) -> Path:
        """Where the state of a workspace is kept, named by a hash of its real path."""
        name = hashlib.sha256(os.fsencode(workspace)).hexdigest()[:32]
        return self.state / "workspaces" / name


def project_file(workspace: Path) -> Path:
    """A workspace's own `dispatch.toml`."""
    return workspace / CONFIG_NAME
