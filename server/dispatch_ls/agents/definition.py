"""Agent definitions as sessions use them: prompt, model and tools, resolved from the settings (CONF-9)."""

import asyncio
import difflib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dispatch_ls.config.reading import read_text
from dispatch_ls.config.settings import Agent as AgentSettings
from dispatch_ls.config.settings import Settings
from dispatch_ls.models.conversation import ToolSpec
from dispatch_ls.protocol.errors import ConfigError, Invalid
from dispatch_ls.protocol.methods import AgentInfo, AgentList
from dispatch_ls.protocol.sessions import Effort
from dispatch_ls.tools.toolbox import Toolbox


@dataclass(frozen=True)
class Agent:
    """One definition, ready for use. `model` is an id or a tag, None for the default."""

    name: str
    prompt: str
    model: str | None
    effort: Effort | None
    directory: str
    toolbox: Toolbox
    specs: tuple[ToolSpec, ...]


class Definitions:
    """The agents that the settings in force define."""

    def __init__(self, settings: Callable[[], Settings], toolbox: Toolbox) -> None:
        self._settings = settings
        self._toolbox = toolbox
        self._made: dict[str, Agent] = {}
        self._made_of: Settings | None = None

    async def get(self, name: str | None) -> Agent:
        """The agent by name, or the default one. Invalid where there is none, with the nearest names."""
        settings = self._settings()
        if settings is not self._made_of:
            self._made, self._made_of = {}, settings
        wanted = name or settings.defaults.agent
        if wanted not in self._made:
            self._made[wanted] = await self._make(wanted, settings)
        return self._made[wanted]

    async def _make(self, wanted: str, settings: Settings) -> Agent:
        definition = settings.agents.get(wanted)
        if definition is None:
            near = difflib.get_close_matches(wanted, settings.agents, 3)
            hint = f" Did you mean {' or '.join(near)}?" if near else f" There are: {', '.join(settings.agents)}."
            raise Invalid(f"There is no agent {wanted!r}.{hint}")
        toolbox = self._toolbox if definition.tools is None else self._toolbox.only(definition.tools)
        choice = definition.models[0] if definition.models else None
        return Agent(
            name=wanted,
            prompt=await asyncio.to_thread(_prompt_of, definition),
            model=(choice.model or choice.tag if choice else None) or settings.defaults.model,
            effort=(choice.effort if choice else None) or settings.defaults.effort,
            directory=definition.directory,
            toolbox=toolbox,
            specs=tuple(
                ToolSpec(name=each.name, description=each.description, parameters=each.parameters)
                for each in toolbox.specs
            ),
        )

    def list(self) -> AgentList:
        """All of them, as a picker shows them."""
        settings = self._settings()
        agents = [
            AgentInfo(agent=name, description=each.description, subagent=each.subagent)
            for name, each in settings.agents.items()
        ]
        return AgentList(agents=agents, default=settings.defaults.agent)


def _prompt_of(definition: AgentSettings) -> str:
    if definition.prompt_file is None:
        return definition.prompt or ""
    try:
        text = read_text(Path(definition.prompt_file))
    except (OSError, ConfigError) as error:
        raise Invalid(f"The agent's prompt file can't be read: {error}") from error
    if text is None:
        raise Invalid(f"The agent's prompt file {definition.prompt_file} is not there.")
    return text
