"""Writes and the `lsp` tool with real language servers: basedpyright and ruff."""

import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path

import pytest

from dispatch_ls.languages.pool import Languages
from dispatch_ls.protocol.items import CallStatus, Severity
from dispatch_ls.tools.standard import standard_toolbox
from support.tools import Desk


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    desk = Desk(tmp_path)
    desk.put("pyproject.toml", "[tool.basedpyright]\ntypeCheckingMode = 'standard'\n[tool.ruff]\n")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    languages = Languages(desk.workspace, environment={**os.environ, "PATH": path}, trusted=True)
    desk.toolbox = standard_toolbox(languages, desk.workspace)
    yield desk
    await languages.close()


async def test_a_write_says_what_it_broke_and_what_it_fixed(desk: Desk) -> None:
    outcome = await desk.call("write_file", path="area.py", content="def area(w: int) -> int:\n    return w\n")
    assert outcome.status is CallStatus.COMPLETED
    await desk.done("lsp", action="diagnostics", path="area.py")
    broken = await desk.call("edit_file", path="area.py", old_text="return w", new_text="return str(w)")
    assert "1 error new" in broken.output
    assert "2:12 error:" in broken.output
    assert "(new)" in broken.output
    assert broken.diagnostics is not None
    assert [problem.severity for problem in broken.diagnostics.new] == [Severity.ERROR]
    told = await desk.done("lsp", action="diagnostics", path="area.py")
    assert told.startswith("area.py:\n  2:12 error:")
    summary = await desk.done("lsp", action="summary")
    assert "area.py: 1 errors, 0 warnings" in summary
    assert "basedpyright ready" in summary
    mended = await desk.done("edit_file", path="area.py", old_text="return str(w)", new_text="return w")
    assert "1 fixed" in mended
    assert "error" not in mended.replace("0 errors", "")


async def test_a_module_made_by_a_command_is_seen(desk: Desk) -> None:
    await desk.done("write_file", path="main.py", content="from helper import answer\n\nprint(answer)\n")
    assert "helper" in await desk.done("lsp", action="diagnostics", path="main.py")
    await desk.done("run_shell", command="echo 'answer = 42' > helper.py")
    assert (await desk.done("lsp", action="diagnostics", path="main.py")).startswith("no problems")


async def test_a_file_without_a_server_is_just_written(desk: Desk) -> None:
    outcome = await desk.call("write_file", path="notes.txt", content="x")
    assert (outcome.output, outcome.diagnostics) == ("Created notes.txt.", None)
    assert "not fully checked (no language server for this kind of file)" in await desk.done(
        "lsp", action="diagnostics", path="notes.txt"
    )
    assert "needs a path" in await desk.failed("lsp", action="diagnostics")
    assert (await desk.call("lsp", action="diagnostics", path="../x.py")).status is CallStatus.DENIED


async def test_in_an_untrusted_workspace_nothing_runs_and_it_is_said(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    languages = Languages(desk.workspace, environment=os.environ, trusted=False)
    desk.toolbox = standard_toolbox(languages, desk.workspace)
    assert "not fully checked (basedpyright unavailable" in await desk.done(
        "write_file", path="a.py", content="x = 1\n"
    )
    assert "has not trusted this workspace" in await desk.done("lsp", action="summary")
    await languages.close()


async def test_all_standard_tools_fit_in_few_bytes(desk: Desk) -> None:
    assert len(json.dumps([asdict(spec) for spec in desk.toolbox.specs])) < 4_500
    names = [spec.name for spec in desk.toolbox.specs]
    assert names == ["edit_file", "list_files", "lsp", "read_file", "read_file_slice", "run_shell", "write_file"]
