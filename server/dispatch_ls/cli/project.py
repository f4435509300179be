"""The demo's sample project, laid out in a directory of its own."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SAMPLE = Path(__file__).parent / "sample"
CHECKER = "basedpyright"

_CONFIG = """\
version = 1

[[keys]]
id = "script"
provider = "scripted"
base_url = {script}

[[models]]
id = "scripted"
provider = "scripted"

[defaults]
model = "scripted"
"""


@dataclass(frozen=True)
class Tests:
    """How the sample's own tests ended; `summary` is their last line."""

    passed: bool
    summary: str


@dataclass(frozen=True)
class Project:
    """The sample below `base`, with the state and configuration of the server beside it."""

    base: Path

    @classmethod
    def lay_out(cls, base: Path) -> "Project":
        """Write it: the project, and a configuration whose model is the script."""
        project = cls(base.resolve())
        shutil.copytree(SAMPLE / "project", project.root, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        script = json.dumps((SAMPLE / "model.jsonl").as_uri())
        config = project.base / "config" / "dispatch" / "dispatch.toml"
        config.parent.mkdir(parents=True)
        config.write_text(_CONFIG.format(script=script), encoding="utf-8")
        return project

    @property
    def root(self) -> Path:
        """The workspace."""
        return self.base / "shop"

    @property
    def file(self) -> Path:
        """The file with the error."""
        return self.root / "shop" / "orders.py"

    def environment(self, *, scripted: bool) -> dict[str, str]:
        """For the server: nothing outside `base` is written; the user's configuration counts where not `scripted`."""
        own = {
            "XDG_STATE_HOME": "state",
            "XDG_CACHE_HOME": "cache",
            **({"XDG_CONFIG_HOME": "config"} if scripted else {}),
        }
        places = {name: str(self.base / place) for name, place in own.items()}
        return {**os.environ, **places, "PATH": search_path()}

    def test(self) -> Tests:
        """Run the sample's tests, as its README says."""
        ran = subprocess.run(
            [sys.executable, "-B", "-m", "unittest"],
            cwd=self.root,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        counted = re.search(r"^Ran (\d+) tests?", ran.stderr, re.MULTILINE)
        lines = ran.stderr.strip().splitlines() or [f"exit code {ran.returncode}"]
        return Tests(ran.returncode == 0, f"{counted[1]} run, {lines[-1]}" if counted else lines[-1])


def search_path() -> str:
    """The user's, after the programs that were installed with Dispatch."""
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])


def checker_found() -> bool:
    """Whether the language server is there that knows the sample's error."""
    return shutil.which(f"{CHECKER}-langserver", path=search_path()) is not None
