"""Asking models in tests, and what came of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from dispatch_ls.config.settings import Key
from dispatch_ls.models.answer import Timeouts
from dispatch_ls.models.connect import connect
from dispatch_ls.models.conversation import (
    AssistantMessage,
    AssistantPart,
    Request,
    TextPart,
    ThoughtPart,
    ToolCallPart,
    ToolSpec,
    UserMessage,
)
from dispatch_ls.models.model import Model
from dispatch_ls.models.parts import (
    Finished,
    FinishReason,
    PartReplay,
    TextDelta,
    ThoughtDelta,
    ToolCallDelta,
    ToolCallStarted,
    UsageReport,
)
from dispatch_ls.models.transport import Transport
from dispatch_ls.protocol.base import JsonObject
from dispatch_ls.protocol.errors import ProviderError
from dispatch_ls.protocol.usage import Usage

KEY = "sk-test-0123456789-secret"
WIRES = ("messages", "responses", "chat")
_PROVIDERS = {"messages": "anthropic", "responses": "openai", "chat": "openai-compatible"}

READ = ToolSpec(
    name="read_file",
    description="Read a file.",
    parameters={"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]},
)
HELLO = Request(system="Be brief.", tools=(READ,), messages=(UserMessage(text="hello"),))


@dataclass
class Answered:
    """What a model's stream came to; `error` is what it ended with."""

    parts: list[AssistantPart] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    finish: FinishReason | None = None
    error: ProviderError | None = None
    deltas: int = 0

    @property
    def text(self) -> str:
        """All that was said."""
        return "".join(part.text for part in self.parts if isinstance(part, TextPart))

    @property
    def thought(self) -> str:
        """All that was thought."""
        return "".join(part.text for part in self.parts if isinstance(part, ThoughtPart))

    @property
    def calls(self) -> list[tuple[str, str, str]]:
        """Id, name and arguments of each call."""
        return [(part.call_id, part.name, part.arguments) for part in self.parts if isinstance(part, ToolCallPart)]

    @property
    def message(self) -> AssistantMessage:
        """As it goes into the conversation."""
        return AssistantMessage(parts=tuple(self.parts))


@asynccontextmanager
async def asking(
    wire: str, url: str, *, name: str = "m", timeouts: Timeouts | None = None, key: str = KEY
) -> AsyncIterator[Model]:
    """A model on a wire; `url` is the server's root."""
    transport = Transport(timeouts)
    base_url = url if wire == "messages" else f"{url}/v1"
    known = Key.model_validate({"id": "test", "provider": _PROVIDERS[wire], "base_url": base_url})
    try:
        yield connect(name, known, key, transport)
    finally:
        await transport.close()


async def ask(
    wire: str, url: str, request: Request = HELLO, *, name: str = "m", timeouts: Timeouts | None = None
) -> Answered:
    """Ask once, with a connection of its own."""
    async with asking(wire, url, name=name, timeouts=timeouts) as model:
        return await answer_of(model, request)


async def answer_of(model: Model, request: Request = HELLO) -> Answered:
    """All of an answer, put together as the agents do."""
    answered = Answered()
    calls: dict[int, int] = {}
    try:
        async for part in model.stream(request):
            answered.deltas += isinstance(part, TextDelta | ThoughtDelta | ToolCallDelta)
            match part:
                case TextDelta(text=text):
                    _grow(answered.parts, TextPart(text=text))
                case ThoughtDelta(text=text):
                    _grow(answered.parts, ThoughtPart(text=text))
                case ToolCallStarted(index=index, call_id=call_id, name=name):
                    calls[index] = len(answered.parts)
                    answered.parts.append(ToolCallPart(call_id=call_id, name=name, arguments=""))
                case ToolCallDelta(index=index, text=text):
                    call = answered.parts[calls[index]]
                    assert isinstance(call, ToolCallPart)
                    grown = call.model_copy(update={"arguments": call.arguments + text})
                    answered.parts[calls[index]] = grown
                case PartReplay(of=of, data=data):
                    _seal(answered.parts, TextPart if of == "message" else ThoughtPart, data)
                case UsageReport(usage=usage):
                    answered.usage = usage
                case Finished(reason=reason):
                    answered.finish = reason
    except ProviderError as error:
        answered.error = error
    return answered


def _grow(parts: list[AssistantPart], new: TextPart | ThoughtPart) -> None:
    last = parts[-1] if parts else None
    if last is not None and isinstance(last, type(new)) and last.replay is None:
        parts[-1] = last.model_copy(update={"text": last.text + new.text})
    else:
        parts.append(new)


def _seal(parts: list[AssistantPart], kind: type[TextPart] | type[ThoughtPart], data: JsonObject) -> None:
    last = parts[-1] if parts else None
    if not isinstance(last, kind) or last.replay is not None:
        parts.append(kind(text=""))
    parts[-1] = parts[-1].model_copy(update={"replay": data})
