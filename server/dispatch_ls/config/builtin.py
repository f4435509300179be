"""The agents that are there without any file."""

from importlib.resources import files

from dispatch_ls.config.parsing import Tree

DEFAULT_AGENT = "build"


def prompt_of(agent: str) -> str:
    """The system prompt of an agent of ours: `build` or `ask`."""
    return files(__package__).joinpath("agents", f"{agent}.md").read_text(encoding="utf-8").strip()


def builtin() -> Tree:
    """The layer under all files."""
    return {
        "agents": {
            "build": {
                "description": "Reads, edits and runs: makes changes and verifies them.",
                "prompt": prompt_of("build"),
            },
            "ask": {
                "description": "Reads only: answers questions about the workspace.",
                "prompt": prompt_of("ask"),
                "tools": ["read", "lsp"],
            },
        }
    }
