"""The system prompt: the same bytes for as long as a session lives (no clock, no usage), so that caches hold."""

import platform
from pathlib import Path


def system_prompt(instructions: str, workspace: Path, directory: Path) -> str:
    """What an agent is told before everything else: its own instructions, then where it is."""
    where = [f"Workspace: {workspace}", f"System: {platform.system()}"]
    if directory != workspace:
        where.insert(1, f"Your directory: {directory}")
    return instructions.strip() + "\n\n" + "\n".join(where)
