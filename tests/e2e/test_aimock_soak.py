"""200 turns over all three wires against a third party's mock of the providers, with faults: each ends as it should."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from dispatch_ls.models.conversation import Request, ToolResult, ToolResults, UserMessage
from dispatch_ls.models.model import Model
from dispatch_ls.protocol.errors import ErrorClass
from support.models import READ, WIRES, Answered, answer_of, asking

MOCK = Path(__file__).parents[1] / "mock"
TURNS = 200
AT_ONCE = 8


@dataclass(frozen=True)
class Fault:
    """What the mock does when a message says this, and what must come of it."""

    says: str
    error_classes: tuple[ErrorClass, ...]
    retryable: bool
    text: str = ""
    """What the answer was to be, a beginning of which is kept."""


LONG = "This is a long text that will never come to its end, whatever one does."
FAULTS = (
    Fault("truncate", (ErrorClass.NETWORK,), retryable=True, text=LONG),
    Fault("cut", (ErrorClass.NETWORK,), retryable=True, text=LONG),
    Fault("drop", (ErrorClass.SERVER,), retryable=True),
    Fault("malformed", (ErrorClass.SERVER,), retryable=True),
    Fault("disconnect", (ErrorClass.NETWORK,), retryable=True),
    Fault("chaos limit", (ErrorClass.RATE_LIMIT,), retryable=True),
    Fault("wait", (ErrorClass.RATE_LIMIT,), retryable=True),
    Fault("quota", (ErrorClass.EXHAUSTED,), retryable=False),
    Fault("auth", (ErrorClass.AUTH,), retryable=False),
    Fault("missing", (ErrorClass.UNKNOWN_MODEL,), retryable=False),
    Fault("context", (ErrorClass.CONTEXT_LENGTH,), retryable=False),
    Fault("overloaded", (ErrorClass.SERVER,), retryable=True),
)


@asynccontextmanager
async def mock() -> AsyncIterator[str]:
    """The mock's address; it ends with its standard input."""
    if not (MOCK / "node_modules").is_dir():
        install = await asyncio.create_subprocess_exec(
            "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=MOCK
        )
        assert await install.wait() == 0
    pipe = asyncio.subprocess.PIPE
    server = await asyncio.create_subprocess_exec("node", "serve.mjs", cwd=MOCK, stdin=pipe, stdout=pipe)
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        yield (await server.stdout.readline()).decode().strip()
    finally:
        server.stdin.close()
        await server.wait()


def request(text: str, *more: object) -> Request:
    return Request.model_validate({"system": "s", "tools": [READ], "messages": [UserMessage(text=text), *more]})


async def fails(model: Model, fault: Fault) -> None:
    answered = await answer_of(model, request(fault.says))
    assert answered.error is not None, f"{fault.says}: {answered}"
    assert answered.error.error_class in fault.error_classes, f"{fault.says}: {answered.error}"
    assert answered.error.retryable == fault.retryable, fault.says
    assert answered.finish is None
    assert fault.text.startswith(answered.text)
    assert fault.says != "wait" or answered.error.retry_after == 75


async def goes_well(model: Model, kind: str) -> None:
    first = await answer_of(model, request(kind))
    assert first.error is None, f"{kind}: {first.error}"
    assert first.usage.requests == 1
    match kind:
        case "plain":
            assert (first.text, first.finish) == ("Hello, world!", "stop")
        case "emoji":
            assert first.text == "Sliced 😀 by 👩‍💻 units é."
        case "think":
            assert (first.thought, first.text) == ("Let me think about it.", "I have thought.")
            assert (await answer_of(model, request("plain", first.message, UserMessage(text="plain")))).error is None
        case "tools":
            await called_tools(model, first)


async def called_tools(model: Model, first: Answered) -> None:
    assert first.finish == "tool_calls"
    assert [(name, arguments) for _, name, arguments in first.calls] == [
        ("read_file", '{"path":"a.py"}'),
        ("read_file", '{"path":"ü/b.py"}'),
    ]
    results = (ToolResult(call_id=call_id, name=name, output="fine") for call_id, name, _ in first.calls)
    last = await answer_of(model, request("tools", first.message, ToolResults(results=tuple(results))))
    assert (last.text, last.finish, last.error) == ("Both files are fine.", "stop", None)


async def turn(model: Model, seed: int) -> None:
    """Sometimes a fault, then an answer as it should be: nothing of the fault is left behind."""
    choice = random.Random(seed)
    if choice.random() < 0.6:
        await fails(model, choice.choice(FAULTS))
    await goes_well(model, choice.choice(("plain", "emoji", "think", "tools")))


@pytest.mark.timeout(300)
async def test_two_hundred_turns_with_faults() -> None:
    before = asyncio.all_tasks()
    async with mock() as url:
        for wire in WIRES:
            async with asking(wire, url) as model:
                await asyncio.gather(*(fails(model, fault) for fault in FAULTS))
        turns = iter(range(TURNS))

        async def work(wire: str) -> None:
            async with asking(wire, url) as model:
                for seed in turns:
                    await turn(model, seed)

        await asyncio.gather(*(work(WIRES[index % len(WIRES)]) for index in range(AT_ONCE)))
    assert asyncio.all_tasks() == before
