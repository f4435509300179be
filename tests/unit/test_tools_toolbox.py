"""The toolbox: every wish of a model ends in a result that it can act on."""

import json
import logging
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import pytest

from dispatch_ls.permissions.access import Access
from dispatch_ls.protocol.errors import NotFound
from dispatch_ls.protocol.items import CallStatus, ToolKind
from dispatch_ls.protocol.permissions import Operation
from dispatch_ls.tools.context import Context
from dispatch_ls.tools.cut import LIMIT, Spill, cut_middle
from dispatch_ls.tools.schema import Description, Parameters, schema_of
from dispatch_ls.tools.tool import Result, Tool
from dispatch_ls.tools.toolbox import Toolbox
from support.tools import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


class Nothing(Parameters):
    """No parameters."""


class Odd(Tool[Nothing]):
    """A tool that does what it was made with."""

    name = "odd"
    kind = ToolKind.OTHER
    group = "odd"
    parameters = Nothing

    def __init__(self, outcome: Exception | str) -> None:
        self._outcome = outcome

    def describe(self) -> Description:
        return Description("odd", "Odd.", schema_of(Nothing))

    def title(self, params: Nothing) -> str:
        return "Odd"

    def accesses(self, params: Nothing, context: Context) -> Sequence[Access]:
        return []

    async def run(self, params: Nothing, context: Context) -> Result:
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return Result(output=self._outcome)


async def test_an_unknown_tool_gets_the_near_name(desk: Desk) -> None:
    outcome = await desk.toolbox.call("edit_fil", "{}", desk.context)
    assert outcome.status is CallStatus.FAILED
    assert outcome.output.startswith(
        "There is no tool 'edit_fil'. Did you mean edit_file? Tools: edit_file, list_files,"
    )


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ('{"path": "a', "not valid JSON (Unterminated string starting at at line 1, column 10)"),
        ("[1]", "The arguments are an array. Send one JSON object."),
        ("[" * 100_000, "not valid JSON (nested too deeply)"),
        ("", "path: is required"),
        ("{}", "It takes: path (string, required), start_line (integer), end_line (integer)"),
        ('{"path": "a", "start_lin": 3}', "start_lin: no such parameter. Did you mean start_line?"),
        ('{"path": ["a"]}', "path: should be a valid string, got ['a']"),
        ('{"path": "a", "start_line": 0}', "start_line: should be greater than or equal to 1, got 0"),
        ('{"path": "\\ud83d\\ude00"}', "😀 does not exist"),
        ('{"path": "\\ud800"}', "hold \\ud800, half of a surrogate pair"),
    ],
)
async def test_wrong_arguments_are_explained(desk: Desk, raw: str, said: str) -> None:
    outcome = await desk.toolbox.call("read_file", raw, desk.context)
    assert outcome.status is CallStatus.FAILED
    assert said in outcome.output
    assert len(outcome.output) < 700


async def test_a_call_is_understood_before_it_is_done(desk: Desk) -> None:
    call = desk.toolbox.prepare("edit_file", '{"path": "a/../b.py", "old_text": "1", "new_text": "2"}', desk.context)
    assert (call.kind, call.title, call.problem) == (ToolKind.EDIT, "Edit a/../b.py", None)
    assert call.paths == {str(desk.path("b.py"))}
    assert call.input == {"path": "a/../b.py", "old_text": "1", "new_text": "2"}
    assert desk.gate.asked == []
    assert desk.toolbox.kind("run_shell") is ToolKind.EXECUTE
    assert desk.toolbox.prepare("read_file", '{"path": "\\u0000"}', desk.context).paths == frozenset()


async def test_what_the_gate_denies_is_not_done_and_said(desk: Desk) -> None:
    desk.gate.inside = False
    started: list[bool] = []

    async def note() -> None:
        started.append(True)

    desk.with_context(started=note)
    outcome = await desk.call("write_file", path="a.txt", content="x")
    assert outcome.status is CallStatus.DENIED
    assert outcome.output == f"The user denied write of {desk.path('a.txt')}."
    assert not desk.path("a.txt").exists()
    assert started == []
    desk.gate.inside = True
    await desk.done("write_file", path="a.txt", content="x")
    assert started == [True]
    assert [(access.operation, access.tool) for access in desk.gate.asked] == [(Operation.WRITE, "write_file")] * 2


async def test_a_fault_of_ours_gets_a_number_and_goes_to_the_log(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        outcome = await Toolbox([Odd(RuntimeError("secret detail"))]).call("odd", "", desk.context)
    assert outcome.status is CallStatus.FAILED
    assert "secret detail" not in outcome.output
    assert "Traceback" not in outcome.output
    incident = outcome.output.split("incident ")[1].split(",")[0]
    assert incident in caplog.text
    assert "secret detail" in caplog.text


async def test_an_expected_failure_is_its_text(desk: Desk) -> None:
    outcome = await Toolbox([Odd(NotFound("No such job."))]).call("odd", "{}", desk.context)
    assert (outcome.status, outcome.output) == (CallStatus.FAILED, "No such job.")


async def test_a_long_result_is_cut_in_the_middle_and_kept(desk: Desk) -> None:
    whole = "".join(f"line {number} é\n" for number in range(10_000))
    outcome = await Toolbox([Odd(whole)]).call("odd", "{}", desk.context)
    assert len(outcome.output) < LIMIT + 300
    assert outcome.output.startswith("line 0 é\n")
    assert outcome.output.endswith("line 9999 é\n")
    assert outcome.whole is not None
    assert outcome.whole.read_text() == whole
    assert str(outcome.whole) in outcome.output
    assert outcome.whole.stat().st_mode & 0o077 == 0


async def test_the_oldest_results_go_when_there_is_no_room(tmp_path: Path) -> None:
    spill = Spill(tmp_path / "spill", room=250)
    for number in range(4):
        path = await spill.put(str(number), "x" * 100)
        os.utime(path, ns=(number, number))
    assert sorted(path.name for path in spill.directory.iterdir()) == ["1.txt", "2.txt", "3.txt"]


def test_cutting_falls_between_lines_and_counts() -> None:
    text = "".join(f"{number:09}\n" for number in range(1000))
    cut = cut_middle(text, 1005, "")
    head, note, tail = cut.split("\n[")[0], cut.split("[")[1].split("]")[0], cut.split("]\n")[1]
    assert text.startswith(head)
    assert text.endswith(tail)
    missing = int(note.split()[1].replace(",", ""))
    assert len(head) + missing + len(tail) == len(text)
    assert cut_middle("x" * 99, 99, "") == "x" * 99
    assert len(cut_middle("x" * 100_000, 1000, "")) < 1100


def test_all_descriptions_together_are_small_and_never_change(desk: Desk) -> None:
    (desk.outside / "other").mkdir()
    toolboxes = [desk.toolbox, Desk(desk.outside / "other").toolbox]
    sent = [json.dumps([asdict(spec) for spec in toolbox.specs]) for toolbox in toolboxes]
    assert sent[0] == sent[1]
    assert len(sent[0]) < 5_500
    names = [spec.name for spec in desk.toolbox.specs]
    assert names == sorted(names)


def test_an_agent_has_the_tools_its_definition_names(desk: Desk) -> None:
    narrow = desk.toolbox.only(["read", "run_shell"])
    assert [spec.name for spec in narrow.specs] == ["list_files", "read_file", "read_file_slice", "run_shell"]
    assert narrow.prepare("edit_file", "{}", desk.context).problem is not None
