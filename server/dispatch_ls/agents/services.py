"""What the agents of one workspace share."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dispatch_ls.agents.answers import Answers
from dispatch_ls.agents.definition import Definitions
from dispatch_ls.agents.tell import Tell
from dispatch_ls.config.settings import Settings
from dispatch_ls.models.catalogue import Catalogue
from dispatch_ls.sessions.store import Store
from dispatch_ls.tools.context import Context


@dataclass(frozen=True, kw_only=True)
class Services:
    """The parts an agent works with, put together by the app. `settings` gives what is in force now."""

    workspace: Path
    store: Store
    tell: Tell
    answers: Answers
    catalogue: Catalogue
    definitions: Definitions
    settings: Callable[[], Settings]
    context_of: Callable[[str, str, Path], Context]
    """Session id, item id, the session's directory → what a tool may use."""
