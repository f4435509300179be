"""What servers may do to us: a scripted one in a real process does it."""

import asyncio
import json
import os
import sys
import time
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import psutil
import pytest

from dispatch_ls.config.settings import LanguageServer as LanguageServerSettings
from dispatch_ls.languages.positions import real
from dispatch_ls.languages.server import LanguageServer
from dispatch_ls.languages.spec import Launch
from dispatch_ls.protocol.errors import NotFound
from support.languages import LONG, Project, fake, project, running


def log_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def states(sample: Project) -> list[str]:
    return [server.state for server in sample.languages.status().servers]


@pytest.mark.parametrize(
    ("behaviour", "status"),
    [
        ("push", "fresh"),
        ("push-disordered", "fresh"),
        ("pull", "fresh"),
        ("dynamic", "fresh"),
        ("push-versionless", "settled"),
        ("push-late", "settled"),
    ],
)
async def test_every_way_of_answering_is_right(tmp_path: Path, behaviour: str, status: str) -> None:
    async with project(tmp_path, specs=[fake(behaviour, push_quiet=1.5)]) as sample:
        for text in ("BAD one\n\nBAD two\nBAD three\n", "good\n", "BAD one\n", "BAD one\nBAD two\n"):
            await sample.write("a.fake", text)
            check = await sample.check("a.fake")
            assert [answer.status for answer in check.answers] == [status]
            told = [problem.message for problem in sample.problems(check, "a.fake")]
            assert told == [line for line in text.split("\n") if line.startswith("BAD")]


async def test_old_results_under_a_new_version_are_not_believed(tmp_path: Path) -> None:
    async with project(tmp_path, specs=[fake("push-lying", trust_version=False, push_quiet=1.5)]) as sample:
        for text in ("BAD one\n", "good\n", "BAD two\n"):
            await sample.write("a.fake", text)
            check = await sample.check("a.fake")
            assert [answer.status for answer in check.answers] == ["settled"]
            assert "".join(f"{p.message}\n" for p in sample.problems(check, "a.fake")) == text.replace("good\n", "")


@pytest.mark.parametrize("behaviour", ["silent", "silent-pull", "push-old"])
async def test_silence_is_a_timeout(tmp_path: Path, behaviour: str) -> None:
    async with project(tmp_path, specs=[fake(behaviour)]) as sample:
        await sample.write("a.fake", "BAD\n")
        check = await sample.check("a.fake", deadline=1)
        assert [answer.status for answer in check.answers] == ["timeout"]
        assert not check.complete
        assert check.problems == {sample.root / "a.fake": []}


async def test_refused_pulls_are_repeated_and_unchanged_means_the_same(tmp_path: Path) -> None:
    log = tmp_path / "log"
    async with project(tmp_path / "work", specs=[fake("fussy", log)]) as sample:
        await sample.write("a.fake", "BAD one\n")
        assert await sample.messages("a.fake") == ["BAD one"]
        assert await sample.messages("a.fake") == ["BAD one"]
        await sample.write("a.fake", "BAD two\n")
        assert await sample.messages("a.fake") == ["BAD two"]
    pulls = [message for message in log_of(log) if message.get("method") == "textDocument/diagnostic"]
    assert [("previousResultId" in pull["params"]) for pull in pulls] == [False, False, False, True, True]


async def test_versions_only_grow_whoever_writes(tmp_path: Path) -> None:
    log = tmp_path / "log"
    async with project(tmp_path / "work", specs=[fake("pull", log, max_documents=2)]) as sample:
        uri = (sample.root / "a.fake").as_uri()
        await sample.write("a.fake", "disk\n")
        await sample.check("a.fake")
        sample.languages.opened(uri, 1, "editor 1\n")
        await sample.check("a.fake")
        await sample.languages.written(sample.root / "a.fake", "agent\n")
        sample.languages.changed(uri, 2, "editor 2\n")
        await sample.check("a.fake")
        sample.languages.closed(uri)
        for name in ("b.fake", "c.fake"):
            await sample.write(name, "x\n")
            await sample.check(name)
        await sample.check("a.fake")
    told = []
    for message in log_of(log):
        params = message.get("params") or {}
        document = params.get("textDocument", {})
        if document.get("uri") == uri and "version" in document:
            text = document.get("text") or params["contentChanges"][0]["text"]
            told.append((message["method"].removeprefix("textDocument/"), document["version"], text))
    assert told == [
        ("didOpen", 1, "disk\n"),
        ("didChange", 2, "editor 1\n"),
        ("didChange", 3, "agent\n"),
        ("didChange", 4, "editor 2\n"),
        ("didChange", 5, "disk\n"),
        ("didOpen", 6, "disk\n"),
    ]


@pytest.mark.parametrize(
    ("behaviour", "of_open_files"),
    [("pull", []), ("push", [("a.fake", 2)])],
    ids=["server that is asked", "that pushes"],
)
async def test_the_events_of_an_agents_writes(
    tmp_path: Path, behaviour: str, of_open_files: list[tuple[str, int]]
) -> None:
    log = tmp_path / "log"
    async with project(tmp_path / "work", {"a.fake": "x\n", "old.fake": "x\n"}, specs=[fake(behaviour, log)]) as sample:
        await sample.check("a.fake")
        await sample.languages.disk_changed()
        await sample.write("new.fake", "x\n")
        await sample.write("old.fake", "y\n")
        await sample.write("a.fake", "z\n")
        (sample.root / "old.fake").unlink()
        await sample.languages.written(sample.root / "old.fake", None)
        await sample.write("notes.txt", "of no interest\n")
        await sample.check("a.fake")
    changes = [m["params"]["changes"] for m in log_of(log) if m.get("method") == "workspace/didChangeWatchedFiles"]
    assert [(Path(change["uri"]).name, change["type"]) for batch in changes for change in batch] == [
        ("new.fake", 1),
        ("old.fake", 2),
        *of_open_files,
        ("old.fake", 3),
    ]
    saved = [m["params"]["text"] for m in log_of(log) if m.get("method") == "textDocument/didSave"]
    assert saved == ["z\n"]


async def test_an_abandoned_question_is_cancelled(tmp_path: Path) -> None:
    log = tmp_path / "log"
    async with project(tmp_path / "work", specs=[fake("silent-pull", log)]) as sample:
        await sample.write("a.fake", "x\n")
        assert [answer.status for answer in (await sample.check("a.fake", deadline=1)).answers] == ["timeout"]
    asked, cancelled = [
        [message for message in log_of(log) if message.get("method") == method]
        for method in ("textDocument/diagnostic", "$/cancelRequest")
    ]
    assert [message["id"] for message in asked] == [message["params"]["id"] for message in cancelled] != []


async def test_requests_during_initialize_are_answered(tmp_path: Path) -> None:
    log = tmp_path / "log"
    spec = fake("asks-first", log, settings={"a": {"b": 3}})
    async with project(tmp_path / "work", specs=[spec]) as sample:
        await sample.write("a.fake", "BAD\n")
        assert await sample.messages("a.fake") == ["BAD"]
    configuration, unknown = next(message["answers"] for message in log_of(log) if "answers" in message)
    assert configuration["result"] == [3, None, {"a": {"b": 3}}]
    assert unknown["error"]["code"] == -32601
    initialize = log_of(log)[0]
    assert initialize["params"]["processId"] is None
    assert "params" not in next(message for message in log_of(log) if message.get("method") == "shutdown")


async def test_noise_on_stderr_and_stdout_does_no_harm(tmp_path: Path) -> None:
    async with project(tmp_path, specs=[fake("noisy")]) as sample:
        await sample.write("a.fake", "BAD\n")
        assert await sample.messages("a.fake") == ["BAD"]


@pytest.mark.parametrize(
    ("behaviour", "detail"), [("exits", "no licence found"), ("garbage", "does not speak the language server protocol")]
)
async def test_a_server_that_does_not_start_is_unavailable_and_says_why(
    tmp_path: Path, behaviour: str, detail: str
) -> None:
    async with project(tmp_path, specs=[fake(behaviour)]) as sample:
        await sample.write("a.fake", "BAD\n")
        for _ in range(3):
            check = await sample.check("a.fake")
            assert [answer.status for answer in check.answers] == ["unavailable"]
            assert detail in check.summary
        assert states(sample) == ["failed"]
        hint = sample.languages.status().servers[0].hint
        assert hint
        assert detail in hint


async def test_a_server_that_never_answers_is_still_starting_at_the_deadline(tmp_path: Path) -> None:
    async with project(tmp_path, specs=[fake("never-answers")]) as sample:
        await sample.write("a.fake", "BAD\n")
        check = await sample.check("a.fake", deadline=0.3)
        assert [answer.status for answer in check.answers] == ["starting"]
        assert states(sample) == ["starting"]


async def test_a_server_that_is_no_program(tmp_path: Path) -> None:
    async with project(tmp_path, specs=[fake("pull", start_timeout=5)]) as sample:
        (tmp_path / "server").write_text("#!/no/such/interpreter\n")
        (tmp_path / "server").chmod(0o755)
        await sample.languages.configure({"odd": LanguageServerSettings(command=["./server"], extensions=[".odd"])})
        await sample.write("a.odd", "x\n")
        check = await sample.check("a.odd")
        assert [(answer.server, answer.status) for answer in check.answers] == [("odd", "unavailable")]


async def test_crashes_fail_one_server_only_and_a_restart_mends_it(tmp_path: Path) -> None:
    stable = fake("push")
    specs = [fake("crash"), type(stable)(**{**vars(stable), "id": "stable"})]
    async with project(tmp_path, specs=specs) as sample:
        await sample.write("a.fake", "CRASH\nBAD\n")
        while "failed" not in states(sample):
            check = await sample.check("a.fake")
            assert {a.server: a.status for a in check.answers} == {"fake": "unavailable", "stable": "fresh"}
            assert [problem.message for problem in sample.problems(check, "a.fake")] == ["BAD"]
        await sample.write("a.fake", "BAD\n")
        await sample.languages.restart("fake")
        check = await sample.check("a.fake")
        assert check.complete
        with pytest.raises(NotFound):
            await sample.languages.restart("nobody")


async def test_equal_questions_at_once_are_asked_once(tmp_path: Path) -> None:
    log, path = tmp_path / "log", real(tmp_path) / "a.fake"
    spec = fake("pull", log)
    launch = Launch(spec.command, {}, {})
    server = LanguageServer(spec, launch, path.parent, env=os.environ, sandbox=None, on_change=lambda: None)
    server.put(path, "BAD\n")
    try:
        answers = await asyncio.gather(*(server.check(path, time.monotonic() + LONG) for _ in range(8)))
    finally:
        await server.retire()
    assert [answer.status for answer in answers] == ["fresh"] * 8
    assert len([message for message in log_of(log) if message.get("method") == "textDocument/diagnostic"]) == 1


async def test_settings_restart_only_what_they_change(tmp_path: Path) -> None:
    stable = fake("pull")
    specs = [fake("push"), type(stable)(**{**vars(stable), "id": "stable"})]
    async with project(tmp_path, {"a.fake": "BAD\n"}, specs=specs) as sample:
        await sample.check("a.fake")
        before = {process.pid for process in running(lambda line: " pull" in line)}
        await sample.languages.configure({"fake": LanguageServerSettings(enabled=False)})
        check = await sample.check("a.fake")
        assert [answer.server for answer in check.answers] == ["stable"]
        assert {process.pid for process in running(lambda line: " pull" in line)} == before
        assert not running(lambda line: " push" in line)


async def test_an_idle_server_is_stopped_and_comes_back(tmp_path: Path) -> None:
    stopped = asyncio.Event()
    async with project(tmp_path, {"a.fake": "BAD\n"}, specs=[fake("pull", idle_stop=0.05)]) as sample:
        sample.languages.on_change(lambda: stopped.set() if states(sample) == ["stopped"] else None)
        for _ in range(2):
            assert await sample.messages("a.fake") == ["BAD"]
            await stopped.wait()
            stopped.clear()
            assert not running(lambda line: "fake_language_server" in line)


OWNER = """
import asyncio, os, sys
from pathlib import Path
from dispatch_ls.languages.pool import Languages

async def main():
    root = Path(sys.argv[1])
    languages = Languages(root, environment=os.environ, trusted=True)
    check = await languages.check([root / "a.py"], 60)
    print(check.summary, flush=True)
    await asyncio.sleep(1000)

asyncio.run(main())
"""


async def test_no_server_outlives_a_killed_owner(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    owner = await asyncio.create_subprocess_exec(sys.executable, "-c", OWNER, str(tmp_path), stdout=PIPE)
    try:
        assert owner.stdout
        assert b"basedpyright fresh" in await owner.stdout.readline()
        servers = psutil.Process(owner.pid).children(recursive=True)
        assert len(servers) >= 4
    finally:
        owner.kill()
        await owner.wait()
    _, left = await asyncio.to_thread(psutil.wait_procs, servers, 20)
    assert not [process for process in left if process.status() != psutil.STATUS_ZOMBIE]
