"""A model that replays a file of turns: the demo's embedded default, and the tests' deterministic one.

The file (`base_url = "file:…"`) has one JSON object a line, each one answer of the model:

    {"thought": "…", "text": "…", "tool_calls": [{"name": "read_file", "arguments": {"path": "a.py"}}],
     "finish": "stop", "usage": {"input": 100, "output": 20}, "delay_ms": 0, "chunk": 16,
     "error": {"class": "rate_limit", "text": "…", "retry_after": 2.0}, "when": "words of the user's last message"}

Every field may be left out. `arguments` may be a string, which is sent as it is, broken or not. Lines with the same
`when` are one script, played when the last message of the user that began the turn contains it; lines without are
played for any other message. The line is chosen by counting the model's answers since that message, so the same
conversation always gives the same answer. A message that steers a running turn goes on with the script, unless it has
one of its own. A script that has ended says so.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dispatch_ls.models.conversation import AssistantMessage, Request, ToolResults, UserMessage
from dispatch_ls.models.parts import (
    Finished,
    FinishReason,
    Part,
    TextDelta,
    ThoughtDelta,
    ToolCallDelta,
    ToolCallStarted,
    UsageReport,
)
from dispatch_ls.protocol.base import JsonObject
from dispatch_ls.protocol.errors import ErrorClass, ProviderError
from dispatch_ls.protocol.usage import Usage

ENDED = "The script has no further answer."


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class ScriptedCall(_Line):
    """A tool call; arguments given as a string are sent as they are."""

    name: str
    arguments: JsonObject | str = {}

    @property
    def text(self) -> str:
        """The arguments as the model writes them."""
        return self.arguments if isinstance(self.arguments, str) else json.dumps(self.arguments, ensure_ascii=False)


class ScriptedError(_Line):
    """A failure of the provider, after the parts of its line."""

    error_class: ErrorClass = Field(alias="class")
    text: str = "The script says that the provider fails."
    retry_after: float | None = None


class Answer(_Line):
    """One line of the file."""

    when: str | None = None
    thought: str = ""
    text: str = ""
    tool_calls: list[ScriptedCall] = []
    finish: FinishReason | None = None
    usage: Usage = Usage(input=1, output=1)
    delay_ms: Annotated[float, Field(ge=0)] = 0
    """Before each delta."""
    chunk: Annotated[int, Field(gt=0)] = 16
    """Characters of a delta."""
    error: ScriptedError | None = None


class ScriptedModel:
    """Plays one file. The file is read for each answer, so that it can be changed while the server runs."""

    def __init__(self, file: Path) -> None:
        self._file = file

    async def stream(self, request: Request) -> AsyncGenerator[Part, None]:
        """See the module. Raises `ProviderError` where the script says so, or can't be read."""
        answer = choose(await asyncio.to_thread(read_script, self._file), request)
        for part in _parts(answer, f"call_{len(request.messages)}"):
            # also without a delay the loop gets its turn, as with a provider
            await asyncio.sleep(answer.delay_ms / 1000)
            yield part
        yield UsageReport(answer.usage.model_copy(update={"requests": 1}))
        if answer.error is not None:
            raise ProviderError(
                answer.error.error_class,
                answer.error.text,
                retry_after=answer.error.retry_after,
                retryable=answer.error.error_class in _RETRYABLE,
            )
        yield Finished(answer.finish or ("tool_calls" if answer.tool_calls else "stop"))


_RETRYABLE = frozenset({ErrorClass.RATE_LIMIT, ErrorClass.SERVER, ErrorClass.NETWORK, ErrorClass.TIMEOUT})


def read_script(file: Path) -> list[Answer]:
    """The lines of a script; `ProviderError` names the line that is wrong."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ProviderError(ErrorClass.BAD_REQUEST, f"The script {file} can't be read: {error}") from error
    answers = []
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            answers.append(Answer.model_validate_json(line))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(each) for each in first["loc"])
            raise ProviderError(
                ErrorClass.BAD_REQUEST, f"The script {file}, line {number}: {where}: {first['msg']}"
            ) from error
    return answers


def choose(answers: list[Answer], request: Request) -> Answer:
    """The answer that comes next in this conversation. Pure."""
    said, given, steered = "", 0, False
    for message in request.messages:
        match message:
            case UserMessage(text=text) if not steered or _has_script(answers, text):
                said, given = text, 0
            case AssistantMessage():
                given += 1
        steered = isinstance(message, ToolResults)
    script = _script_for(answers, said)
    return script[given] if given < len(script) else Answer(text=ENDED)


def _has_script(answers: list[Answer], said: str) -> bool:
    return any(answer.when is not None and answer.when in said for answer in answers)


def _script_for(answers: list[Answer], said: str) -> list[Answer]:
    for answer in answers:
        if answer.when is not None and answer.when in said:
            return [each for each in answers if each.when == answer.when]
    return [each for each in answers if each.when is None]


def _parts(answer: Answer, call_id: str) -> Iterator[Part]:
    for piece in _pieces(answer.thought, answer.chunk):
        yield ThoughtDelta(piece)
    for piece in _pieces(answer.text, answer.chunk):
        yield TextDelta(piece)
    for index, call in enumerate(answer.tool_calls):
        yield ToolCallStarted(index, f"{call_id}_{index}", call.name)
        for piece in _pieces(call.text, answer.chunk):
            yield ToolCallDelta(index, piece)


def _pieces(text: str, size: int) -> Iterator[str]:
    for start in range(0, len(text), size):
        yield text[start : start + size]
