"""The scripted model: the same conversation always gives the same answer."""

import json
from pathlib import Path
from typing import Any

import pytest

from dispatch_ls.models.conversation import (
    AssistantMessage,
    Message,
    Request,
    TextPart,
    ToolCallPart,
    ToolResult,
    ToolResults,
    UserMessage,
)
from dispatch_ls.models.scripted import ENDED, ScriptedModel
from dispatch_ls.protocol.errors import ErrorClass
from support.models import Answered, answer_of

CALLED: tuple[Message, ...] = (
    AssistantMessage(parts=(ToolCallPart(call_id="c", name="read_file", arguments="{}"),)),
    ToolResults(results=(ToolResult(call_id="c", name="read_file", output="x"),)),
)


def said(text: str) -> UserMessage:
    return UserMessage(text=text)


def answered(text: str) -> AssistantMessage:
    return AssistantMessage(parts=(TextPart(text=text),))


async def play(file: Path, *messages: Message) -> Answered:
    return await answer_of(ScriptedModel(file), Request(system="", messages=messages))


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return tmp_path / "turns.jsonl"


def write(script: Path, *lines: dict[str, Any], ending: str = "") -> None:
    text = "".join(json.dumps(line) + "\n" for line in lines)
    script.write_text(f"# a comment\n\n{text}{ending}", encoding="utf-8")


async def test_a_step_of_all_kinds(script: Path) -> None:
    calls = [{"name": "read_file", "arguments": {"path": "ü.py"}}, {"name": "run_shell", "arguments": "{broken"}]
    write(script, {"thought": "hm", "text": "I look. " * 10, "tool_calls": calls, "usage": {"input": 7, "output": 3}})
    step = await play(script, said("q"))
    assert (step.thought, step.text, step.finish) == ("hm", "I look. " * 10, "tool_calls")
    assert [(name, arguments) for _, name, arguments in step.calls] == [
        ("read_file", '{"path": "ü.py"}'),
        ("run_shell", "{broken"),
    ]
    assert len({call_id for call_id, _, _ in step.calls}) == 2
    assert (step.usage.input, step.usage.output, step.usage.requests) == (7, 3, 1)


@pytest.mark.parametrize(("chunk", "deltas"), [(1, 10), (3, 4), (10, 1), (99, 1)])
async def test_how_many_characters_a_delta_has(script: Path, chunk: int, deltas: int) -> None:
    write(script, {"text": "0123456789", "chunk": chunk})
    assert (await play(script, said("q"))).deltas == deltas


async def test_the_steps_follow_each_other_and_end(script: Path) -> None:
    write(script, {"tool_calls": [{"name": "read_file"}]}, {"text": "two", "finish": "length"})
    first = await play(script, said("q"))
    assert (first.calls[0][1:], first.finish) == (("read_file", "{}"), "tool_calls")
    assert (await play(script, said("q"), *CALLED)).text == "two"
    assert (await play(script, said("q"), *CALLED)).finish == "length"
    over = await play(script, said("q"), *CALLED, *CALLED)
    assert (over.text, over.finish, over.error) == (ENDED, "stop", None)


async def test_a_new_turn_begins_the_script_anew(script: Path) -> None:
    write(script, {"text": "one"}, {"text": "two"})
    assert (await play(script, said("q"), answered("one"), said("again"))).text == "one"


async def test_words_of_the_user_choose_the_script(script: Path) -> None:
    write(script, {"text": "else"}, {"when": "fix", "text": "fix 1"}, {"when": "fix", "text": "fix 2"})
    assert (await play(script, said("please fix it"))).text == "fix 1"
    assert (await play(script, said("please fix it"), *CALLED)).text == "fix 2"
    assert (await play(script, said("hello"))).text == "else"
    steered = (said("please fix it"), *CALLED, said("and quickly"))
    assert (await play(script, *steered)).text == "fix 2"


async def test_an_error_comes_after_what_was_said(script: Path) -> None:
    error = {"class": "rate_limit", "text": "slow down", "retry_after": 2.5}
    write(script, {"text": "half", "error": error}, {"error": {"class": "auth"}})
    step = await play(script, said("q"))
    assert step.error is not None
    assert (step.text, step.error.error_class, step.error.retry_after) == ("half", ErrorClass.RATE_LIMIT, 2.5)
    assert (step.error.retryable, str(step.error), step.finish) == (True, "slow down", None)
    refused = (await play(script, said("q"), *CALLED)).error
    assert refused is not None
    assert (refused.error_class, refused.retryable) == (ErrorClass.AUTH, False)


@pytest.mark.parametrize(
    ("line", "named"), [('{"txt": 1}', "txt"), ("{", "line 4"), ('{"chunk": 0}', "chunk"), ("[]", "line 4")]
)
async def test_a_broken_script_says_where(script: Path, line: str, named: str) -> None:
    write(script, {"text": "fine"}, ending=line)
    error = (await play(script, said("q"))).error
    assert error is not None
    assert named in str(error)
    assert (error.error_class, error.retryable) == (ErrorClass.BAD_REQUEST, False)


async def test_no_script(tmp_path: Path) -> None:
    error = (await play(tmp_path / "absent", said("q"))).error
    assert error is not None
    assert "absent" in str(error)
