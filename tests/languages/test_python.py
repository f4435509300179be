"""basedpyright and ruff together, as an agent sees them."""

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from dispatch_ls.protocol.items import Severity
from support.languages import LONG, Project, project, running

MARKER = {"pyproject.toml": "[project]\nname = 'sample'\n"}
BROKEN = "import os\n\nx: int = 'a'\n"


def basedpyright(line: str) -> bool:
    return "basedpyright" in line


def ruff(line: str) -> bool:
    return "ruff server" in line


def send(matches: Callable[[str], bool], number: signal.Signals) -> None:
    found = running(matches)
    assert found
    for process in found:
        process.send_signal(number)


async def test_a_cold_check_gets_the_answers_of_both(tmp_path: Path) -> None:
    async with project(tmp_path, {**MARKER, "a.py": BROKEN}) as sample:
        check = await sample.check("a.py")
        found = [(p.source, p.code, p.line, p.column, p.severity) for p in sample.problems(check, "a.py")]
        assert found == [
            ("basedpyright", "reportAssignmentType", 3, 10, Severity.ERROR),
            ("Ruff", "F401", 1, 8, Severity.WARNING),
        ]
        assert [(answer.server, answer.status) for answer in check.answers] == [
            ("basedpyright", "fresh"),
            ("ruff", "fresh"),
        ]
        assert check.complete
        states = {server.server: (server.state, server.version) for server in sample.languages.status().servers}
        assert states["basedpyright"][0] == states["ruff"][0] == "ready"
        assert states["ruff"][1]


async def test_no_answer_is_old_in_a_hundred_edits(tmp_path: Path) -> None:
    """50 introduce an error of each server, 50 mend them."""
    async with project(tmp_path, {**MARKER, "a.py": ""}) as sample:
        for turn in range(100):
            bad = turn % 2 == 0
            await sample.write("a.py", f"import m{turn}x\nx: int = 'n{turn}'\n" if bad else f"x: int = {turn}\n")
            check = await sample.check("a.py")
            assert check.complete
            told = "\n".join(problem.message for problem in sample.problems(check, "a.py"))
            assert (f"m{turn}x" in told and f"n{turn}" in told) if bad else told == "", f"turn {turn}: {told}"
            assert {p.source for p in sample.problems(check, "a.py")} == ({"basedpyright", "Ruff"} if bad else set())


async def test_an_error_that_comes_back_is_told_again(tmp_path: Path) -> None:
    async with project(tmp_path, MARKER) as sample:
        for wrong in ("alpha", "beta", "alpha", "beta"):
            await sample.write("a.py", f"{wrong}()\n")
            messages = await sample.messages("a.py")
            assert messages
            assert all(wrong in message for message in messages)


async def test_a_question_under_way_gets_the_newer_text(tmp_path: Path) -> None:
    async with project(tmp_path, MARKER) as sample:
        for turn in range(10):
            await sample.write("a.py", f"first{turn}()\n")
            early = asyncio.create_task(sample.check("a.py"))
            for _ in range(turn):
                await asyncio.sleep(0)
            await sample.write("a.py", f"second{turn}()\n")
            late = await sample.check("a.py")
            told = [problem.message for problem in sample.problems(late, "a.py")]
            assert told
            assert all(f"second{turn}" in message for message in told)
            assert (await early).complete


async def test_a_timeout_is_not_clean(tmp_path: Path) -> None:
    async with project(tmp_path, {**MARKER, "a.py": BROKEN}) as sample:
        check = await sample.check("a.py", deadline=0.001)
        assert not check.complete
        assert {answer.status for answer in check.answers} == {"starting"}
        assert check.summary == "basedpyright starting, ruff starting"


async def test_a_file_nobody_has_opened_is_checked(tmp_path: Path) -> None:
    async with project(tmp_path, {**MARKER, "a.py": "x = 1\n", "b.py": BROKEN}) as sample:
        assert await sample.messages("a.py") == []
        assert len(await sample.messages("b.py")) == 2


async def test_a_new_module_clears_the_import_and_its_end_brings_the_error_back(tmp_path: Path) -> None:
    async with project(tmp_path, {**MARKER, "main.py": "import helper\n\nprint(helper)\n"}) as sample:
        assert ["helper" in message for message in await sample.messages("main.py")] == [True]
        path = await sample.write("helper.py", "x = 1\n")
        assert await sample.messages("main.py") == []
        path.unlink()
        await sample.languages.written(path, None)
        assert ["helper" in message for message in await sample.messages("main.py")] == [True]


async def test_a_module_made_by_a_command_is_seen(tmp_path: Path) -> None:
    async with project(tmp_path, {**MARKER, "main.py": "import helper\n\nprint(helper)\n"}) as sample:
        assert len(await sample.messages("main.py")) == 1
        path = sample.put("helper.py", "x = 1\n")
        await sample.languages.disk_changed()
        assert await sample.messages("main.py") == []
        path.unlink()
        await sample.languages.disk_changed()
        assert len(await sample.messages("main.py")) == 1


async def test_files_that_a_command_changed_are_read_again(tmp_path: Path) -> None:
    names = [f"m{n}.py" for n in range(30)]
    async with project(tmp_path, {**MARKER, **dict.fromkeys(names, "x: int = 1\n")}) as sample:
        assert all(not found for found in (await sample.check(*names)).problems.values())
        for name in names:
            sample.put(name, "x: int = ''\n")
        await sample.languages.disk_changed()
        check = await sample.check(*names)
        assert check.complete
        assert [len(sample.problems(check, name)) for name in names] == [1] * 30


async def test_other_open_files_that_change_are_told_after_the_written_one(tmp_path: Path) -> None:
    users = {f"user{n}.py": "from lib import f\n\nf(1)\n" for n in range(7)}
    async with project(tmp_path, {**MARKER, "lib.py": "def f(x: int) -> None: ...\n", **users}) as sample:
        assert (await sample.check("lib.py", *users)).complete
        baseline = await sample.languages.baseline(sample.root / "lib.py")
        await sample.write("lib.py", "def f(x: str) -> None: ...\ny: int = ''\n")
        check = await sample.check("lib.py")
        assert next(iter(check.problems)) == sample.root / "lib.py"
        assert len(check.others) == 5
        change = sample.languages.change(baseline, check)
        assert len(change.new) == 6
        await sample.write("lib.py", "def f(x: int) -> None: ...\n")
        after = await sample.check("lib.py", others=100)
        assert len(after.others) == 7
        assert all(not later.merged for _, later in after.others)


async def test_a_killed_server_answers_the_same_question_after_its_restart(tmp_path: Path) -> None:
    async with project(tmp_path, {**MARKER, "a.py": BROKEN}) as sample:
        await sample.check("a.py")
        send(basedpyright, signal.SIGSTOP)
        await sample.write("a.py", "import os\n\nx: int = 'b'\n")
        asked = asyncio.create_task(sample.check("a.py"))
        await asyncio.to_thread(send, basedpyright, signal.SIGKILL)
        check = await asked
        assert check.complete
        assert any("'b'" in problem.message for problem in sample.problems(check, "a.py"))


async def test_a_stopped_server_times_out_and_the_next_answer_is_right(tmp_path: Path) -> None:
    async with project(tmp_path, {**MARKER, "a.py": BROKEN}) as sample:
        await sample.check("a.py")
        send(basedpyright, signal.SIGSTOP)
        await sample.write("a.py", "x: int = 'late'\n")
        check = await sample.check("a.py", deadline=0.5)
        assert {answer.server: answer.status for answer in check.answers} == {
            "basedpyright": "timeout",
            "ruff": "fresh",
        }
        assert not check.complete
        send(basedpyright, signal.SIGCONT)
        assert ["late" in message for message in await sample.messages("a.py")] == [True]


async def test_eight_agents_on_eight_files(tmp_path: Path) -> None:
    async def agent(sample: Project, number: int) -> None:
        for turn in range(6):
            word = f"w{number}t{turn}"
            await sample.write(f"f{number}.py", f"{word}()\n")
            messages = await sample.messages(f"f{number}.py")
            assert messages
            assert all(word in message for message in messages)

    async with project(tmp_path, MARKER) as sample:
        await asyncio.gather(*(agent(sample, number) for number in range(8)))


async def test_four_agents_on_one_file_never_see_less_than_their_own_write(tmp_path: Path) -> None:
    count = 0

    async def agent(sample: Project) -> None:
        nonlocal count
        for _ in range(6):
            count += 1
            own = count
            await sample.write("a.py", f"n{own}()\n")
            messages = await sample.messages("a.py")
            assert messages
            assert all(int(message.split('"')[1][1:]) >= own for message in messages if '"' in message)

    async with project(tmp_path, MARKER) as sample:
        await asyncio.gather(*(agent(sample) for _ in range(4)))


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("'😀é'; nope()\n", 1, 7),
        ("x = 1\r\ny = 2\r\nnope()\r\n", 3, 1),
        ("\ufeffnope()\n", 1, 1),
        ("if True:\n\tnope()\n", 2, 2),
        ("'''\f\u2028'''\nnope()\n", 2, 1),
    ],
    ids=["emoji", "crlf", "bom", "tab", "form feed and line separator"],
)
async def test_columns_are_code_points(tmp_path: Path, text: str, line: int, column: int) -> None:
    async with project(tmp_path, MARKER) as sample:
        for wrong in ("nope", "nada"):
            await sample.write("a.py", text.replace("nope", wrong))
            check = await sample.check("a.py")
            found = [p for p in sample.problems(check, "a.py") if wrong in p.message]
            assert {p.source for p in found} == {"basedpyright", "Ruff"}
            assert {(p.line, p.column) for p in found} == {(line, column)}


async def test_the_editors_unsaved_text_counts_until_it_is_closed(tmp_path: Path) -> None:
    async with project(tmp_path, {**MARKER, "a.py": "x = 1\n"}) as sample:
        uri = (sample.root / "a.py").as_uri()
        sample.languages.opened(uri, 1, "x = 1\n")
        sample.languages.changed(uri, 2, "unsaved()\n")
        assert sample.languages.text_of(sample.root / "a.py") == "unsaved()\n"
        assert any("unsaved" in message for message in await sample.messages("a.py"))
        await sample.languages.written(sample.root / "a.py", "agent()\n")
        assert any("agent" in message for message in await sample.messages("a.py"))
        sample.languages.changed(uri, 3, "user()\n")
        assert any("user" in message for message in await sample.messages("a.py"))
        sample.languages.closed(uri)
        assert sample.languages.text_of(sample.root / "a.py") is None
        assert await sample.messages("a.py") == []


async def test_unsaved_text_of_another_file_counts_too(tmp_path: Path) -> None:
    main = "from lib import b\n\nprint(b)\n"
    async with project(tmp_path, {**MARKER, "lib.py": "a = 1\n", "main.py": main}) as sample:
        uri = (sample.root / "lib.py").as_uri()
        assert len(await sample.messages("main.py")) == 1
        sample.languages.opened(uri, 1, "b = 1\n")
        assert await sample.messages("main.py") == []
        sample.languages.closed(uri)
        assert len(await sample.messages("main.py")) == 1


async def test_what_a_write_did_follows_lines(tmp_path: Path) -> None:
    async with project(tmp_path, {**MARKER, "a.py": "old()\ngone()\n"}) as sample:
        path = sample.root / "a.py"
        baseline = await sample.languages.baseline(path, deadline=LONG)
        await sample.write("a.py", "x = 1\n" * 10 + "old()\nfresh: int = ''\n")
        change = sample.languages.change(baseline, await sample.check("a.py"))
        assert {problem.code for problem in change.new} == {"reportAssignmentType"}
        assert all("gone" in problem.message for problem in change.fixed)
        assert (len(change.fixed), change.unchanged) == (2, 2)
        assert "basedpyright fresh" in change.status


async def test_a_new_file_has_had_no_problems(tmp_path: Path) -> None:
    async with project(tmp_path, MARKER) as sample:
        baseline = await sample.languages.baseline(sample.root / "new.py")
        await sample.write("new.py", "nope()\n")
        change = sample.languages.change(baseline, await sample.check("new.py"))
        assert (len(change.new), change.fixed, change.unchanged) == (2, [], 0)


async def test_a_baseline_that_came_too_late_claims_nothing(tmp_path: Path) -> None:
    async with project(tmp_path, {**MARKER, "a.py": "old()\n"}) as sample:
        baseline = await sample.languages.baseline(sample.root / "a.py", deadline=0)
        await sample.write("a.py", "old()\nfresh()\n")
        check = await sample.check("a.py")
        change = sample.languages.change(baseline, check)
        assert (change.new, change.fixed, change.unchanged) == ([], [], 0)
        assert "nothing was known before" in change.status
        assert len(sample.problems(check, "a.py")) == 4


async def test_twenty_thousand_problems_are_bounded(tmp_path: Path) -> None:
    async with project(tmp_path, {**MARKER, "a.py": "".join(f"n{n}: int = m\n" for n in range(20_000))}) as sample:
        check = await sample.check("a.py")
        assert check.complete
        assert [len(found) for found in check.files[0].by_server.values()] == [1000, 1000]


async def test_a_file_beyond_the_limit_is_not_given_to_servers(tmp_path: Path) -> None:
    async with project(tmp_path, {**MARKER, "a.py": "x = 1\n" * 400_000}) as sample:
        check = await sample.check("a.py")
        assert not check.complete
        assert {answer.status for answer in check.answers} == {"unavailable"}
        assert "too large" in check.summary


async def test_nothing_starts_while_untrusted(tmp_path: Path) -> None:
    async with project(tmp_path, {**MARKER, "a.py": BROKEN}, trusted=False) as sample:
        check = await sample.check("a.py")
        sample.languages.warm(sample.root / "a.py")
        await sample.languages.baseline(sample.root / "a.py")
        await sample.languages.restart()
        assert not running(lambda line: basedpyright(line) or ruff(line))
        assert not check.complete
        assert "not trusted" in check.summary
        status = sample.languages.status()
        assert not status.trusted
        assert {server.state for server in status.servers} == {"untrusted"}
        sample.languages.trusted = True
        assert len(await sample.messages("a.py")) == 2
        sample.languages.trusted = False
        assert not (await sample.check("a.py")).complete


@pytest.mark.parametrize("turns", range(6))
async def test_trust_that_ends_during_a_question_ends_the_question(tmp_path: Path, turns: int) -> None:
    async with project(tmp_path, {**MARKER, "a.py": BROKEN}) as sample:
        asked = asyncio.create_task(sample.check("a.py"))
        for _ in range(turns):
            await asyncio.sleep(0)
        sample.languages.trusted = False
        check = await asked
        assert {answer.status for answer in check.answers} == {"unavailable"}
        assert not check.complete


async def test_one_server_for_all_files_of_a_root(tmp_path: Path) -> None:
    files = {**MARKER, "a.py": "x = 1\n", "sub/b.py": "x = 1\n", "inner/pyproject.toml": "", "inner/c.py": "x = 1\n"}
    async with project(tmp_path, files) as sample:
        await sample.check("a.py", "sub/b.py", "inner/c.py")
        roots = [(server.server, server.root) for server in sample.languages.status().servers]
        assert sorted(roots) == sorted(
            (name, str(root)) for name in ("basedpyright", "ruff") for root in (sample.root, sample.root / "inner")
        )


async def test_a_file_of_no_language_has_no_answer_and_is_not_called_clean(tmp_path: Path) -> None:
    async with project(tmp_path, {"notes.txt": "hello\n"}) as sample:
        check = await sample.check("notes.txt")
        assert (check.problems, check.answers, check.complete) == ({sample.root / "notes.txt": []}, [], False)


async def test_a_missing_server_is_named_with_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.prefix", str(tmp_path / "nowhere"))
    bare = {**os.environ, "PATH": "/nowhere"}
    async with project(tmp_path, {**MARKER, "a.py": BROKEN}, environment=bare) as sample:
        check = await sample.check("a.py")
        assert check.summary == "basedpyright unavailable: pip install basedpyright"
        hints = {server.server: (server.state, server.hint) for server in sample.languages.status().servers}
        assert hints == {
            "basedpyright": ("absent", "pip install basedpyright"),
            "ruff": ("absent", "pip install ruff"),
        }
