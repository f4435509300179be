"""Files: byte-exact, never outside of what was permitted, never over a change that was not seen."""

import asyncio
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dispatch_ls.protocol.items import CallStatus
from dispatch_ls.tools import beneath
from dispatch_ls.tools.buffers import Buffer
from support.tools import Desk

DENIED = CallStatus.DENIED

texts = st.lists(
    st.tuples(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=8), st.sampled_from(["\n", "\r\n", "  \n", "\r", ""])
    )
).map(lambda lines: "".join(line + end for line, end in lines))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture(params=["kernel", "walk"])
def each_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways of opening: what the kernel resolves, and the walk of systems that can't."""
    if request.param == "walk":
        monkeypatch.setattr(beneath, "kernel_resolves", lambda: False)


@given(content=texts, bom=st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
async def test_a_new_file_is_what_was_sent_byte_for_byte(desk: Desk, content: str, bom: bool) -> None:
    content = ("\ufeff" if bom else "") + content
    desk.path("new").unlink(missing_ok=True)
    await desk.done("write_file", path="new", content=content)
    assert desk.path("new").read_bytes() == content.encode()


@given(before=st.binary(max_size=60).filter(lambda data: b"\0" not in data), mark=st.booleans())
@example(before=b"\xef\xbb\xbf", mark=True)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
async def test_an_edit_leaves_every_other_byte_alone(desk: Desk, before: bytes, mark: bool) -> None:
    head = b"\xef\xbb\xbf" * mark + before
    desk.put("file", head + b"<<HERE>>" + before)
    await desk.done("read_file", path="file")
    await desk.done("edit_file", path="file", old_text="<<HERE>>", new_text="<<THERE>>")
    assert desk.path("file").read_bytes() == head + b"<<THERE>>" + before


async def test_replacing_a_file_keeps_its_line_ends_and_its_mark(desk: Desk) -> None:
    desk.put("dos.txt", b"\xef\xbb\xbfone\r\ntwo\r\n")
    await desk.done("read_file", path="dos.txt")
    said = await desk.done("write_file", path="dos.txt", content="three \nfour")
    assert desk.path("dos.txt").read_bytes() == b"\xef\xbb\xbfthree \r\nfour"
    assert "kept its byte-order mark and its CRLF line ends" in said


async def test_the_mode_of_a_file_stays_and_parents_are_made(desk: Desk) -> None:
    script = desk.put("run.sh", "echo 1\n")
    script.chmod(0o755)
    await desk.done("edit_file", path="run.sh", old_text="1", new_text="2")
    assert stat.S_IMODE(script.stat().st_mode) == 0o755
    outcome = await desk.call("write_file", path="a/b/c.txt", content="x")
    assert desk.path("a/b/c.txt").read_text() == "x"
    assert [change.change for change in outcome.changes] == ["created"]
    assert [path.name for path in desk.workspace.rglob("*.tmp")] == []


@pytest.mark.usefixtures("each_way")
@pytest.mark.parametrize("path", ["../outside.txt", "a/../../outside.txt", "{outside}/outside.txt", "{ws}-evil/x"])
async def test_a_path_out_of_the_workspace_is_asked_about_before_anything_is_opened(desk: Desk, path: str) -> None:
    """PE-01, PE-02."""
    (desk.outside / "outside.txt").write_text("secret")
    path = path.format(outside=desk.outside, ws=desk.workspace)
    for call in (desk.call("read_file", path=path), desk.call("write_file", path=path, content="x")):
        outcome = await call
        assert outcome.status is DENIED
        assert "secret" not in outcome.output
    assert all(not path.is_relative_to(desk.workspace) for access in desk.gate.asked for path in access.paths)
    assert (desk.outside / "outside.txt").read_text() == "secret"


@pytest.mark.usefixtures("each_way")
async def test_a_directory_outside_that_was_permitted_can_be_read_and_written(desk: Desk) -> None:
    desk.gate.outside = True
    (desk.outside / "other").mkdir()
    (desk.outside / "other" / "x.txt").write_text("hello")
    assert "hello" in await desk.done("read_file", path="../other/x.txt")
    await desk.done("write_file", path=str(desk.outside / "other/new/y.txt"), content="y")
    assert (desk.outside / "other/new/y.txt").read_text() == "y"
    assert await desk.done("list_files", path="../other") == "new/\nx.txt"


@pytest.mark.usefixtures("each_way")
async def test_a_link_out_of_the_workspace_is_refused_and_its_target_named(desk: Desk) -> None:
    """PE-04."""
    (desk.outside / "target").mkdir()
    desk.path("link").symlink_to(desk.outside / "target")
    said = await desk.failed("write_file", path="link/new.txt", content="x")
    assert f"leads out of the workspace through a symbolic link, to {desk.outside}/target/new.txt" in said
    assert list((desk.outside / "target").iterdir()) == []
    assert desk.gate.asked == []


@pytest.mark.usefixtures("each_way")
async def test_a_link_inside_the_workspace_is_judged_by_its_target(desk: Desk) -> None:
    real = desk.put("AGENTS.md", "one\n")
    desk.path("CLAUDE.md").symlink_to("AGENTS.md")
    await desk.done("edit_file", path="CLAUDE.md", old_text="one", new_text="two")
    assert desk.gate.asked[-1].target == str(real)
    assert real.read_text() == "two\n"
    assert desk.path("CLAUDE.md").is_symlink()


@pytest.mark.usefixtures("each_way")
async def test_a_directory_that_becomes_a_link_while_the_user_is_asked_is_not_followed(desk: Desk) -> None:
    desk.put("sub/file.txt", "mine")
    (desk.outside / "victim").mkdir()

    def swap() -> None:
        desk.path("sub").rename(desk.path("moved"))
        desk.path("sub").symlink_to(desk.outside / "victim")

    desk.gate.meanwhile = swap
    said = await desk.failed("write_file", path="sub/new.txt", content="x")
    assert "symbolic link" in said
    assert list((desk.outside / "victim").iterdir()) == []


@pytest.mark.usefixtures("each_way")
async def test_no_write_escapes_through_a_directory_that_is_swapped_all_the_time(desk: Desk) -> None:
    """PE-05, bounded: two threads against each other."""
    victim = desk.outside / "victim"
    victim.mkdir()
    path = desk.path("sub")

    def swap() -> None:
        for number in count():
            if stop.is_set():
                return
            with suppress(OSError):
                path.symlink_to(victim)
                path.unlink()
            with suppress(OSError):
                path.rename(desk.path(f"gone-{number}"))  # what a write has made

    stop = threading.Event()
    swapper = threading.Thread(target=swap)
    swapper.start()
    written = 0
    try:
        for number in range(100):
            calls = (desk.call("write_file", path=f"sub/{number}-{i}", content="x") for i in range(2))
            for outcome in await asyncio.gather(*calls):
                assert "incident" not in outcome.output
                written += outcome.status is CallStatus.COMPLETED
    finally:
        stop.set()
        swapper.join()
    assert list(victim.iterdir()) == []
    assert written > 0


def test_no_open_escapes_in_three_thousand_tries(desk: Desk) -> None:
    """PE-05 at the lowest level, where a path once resolved is opened again and again."""
    victim = desk.outside / "victim"
    victim.mkdir()
    desk.path("real").mkdir()
    root = beneath.open_root(desk.workspace)
    stop = threading.Event()

    def swap() -> None:
        path, real = desk.path("sub"), desk.path("real")
        while not stop.is_set():
            real.rename(path)
            path.rename(real)
            path.symlink_to(victim)
            path.unlink()

    swapper = threading.Thread(target=swap)
    swapper.start()
    try:
        for way in (beneath.open_beneath, beneath.walk):
            for number in range(3000):
                try:
                    os.close(way(root, ["sub", str(number)], os.O_WRONLY | os.O_CREAT, 0o600))
                except OSError:
                    continue
    finally:
        stop.set()
        swapper.join()
        os.close(root)
    assert list(victim.iterdir()) == []


@pytest.mark.usefixtures("each_way")
async def test_what_is_no_regular_file_is_an_error_at_once(desk: Desk) -> None:
    """PE-07."""
    os.mkfifo(desk.path("fifo"))
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(desk.path("sock")))
    desk.gate.outside = True
    assert "is a FIFO" in await desk.failed("read_file", path="fifo")
    assert "is a FIFO" in await desk.failed("edit_file", path="fifo", old_text="a", new_text="b")
    assert "is a FIFO" in await desk.failed("write_file", path="fifo", content="b")
    assert "socket" in await desk.failed("read_file", path="sock")
    assert "is a device" in await desk.failed("read_file", path="/dev/zero")
    assert "is a directory" in await desk.failed("read_file", path=".")
    assert "is a directory" in await desk.failed("write_file", path=".", content="b")
    listener.close()


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("a\0b", "U+0000"),
        ("a\nb", "U+000A"),
        ("a\x1b[31mb", "U+001B"),
        ("invoice\u202efdp.exe", "U+202E"),
        ("n" * 5000, "too long"),
        ("", "empty"),
    ],
)
async def test_a_path_that_hides_something_is_refused(desk: Desk, path: str, said: str) -> None:
    """PE-10."""
    for tool, more in (("read_file", {}), ("write_file", {"content": "x"}), ("list_files", {})):
        output = await desk.failed(tool, path=path, **more)
        assert said in output
        assert len(output) < 700


@pytest.mark.parametrize("path", ["~/x", "$HOME/x", "file:///etc/x", "%2e%2e/x", "C:\\x", "\\\\host\\s"])
async def test_nothing_in_a_path_is_expanded(desk: Desk, path: str) -> None:
    """PE-11."""
    await desk.done("write_file", path=path, content="here")
    assert (desk.workspace / path).read_text() == "here"


async def test_a_file_that_was_not_read_is_not_overwritten(desk: Desk) -> None:
    """PE-16."""
    desk.put("a.txt", "mine")
    assert "you have not read it" in await desk.failed("write_file", path="a.txt", content="x")
    await desk.done("read_file", path="a.txt")
    await desk.done("write_file", path="a.txt", content="x")
    await desk.done("write_file", path="a.txt", content="y")
    assert desk.path("a.txt").read_text() == "y"


async def test_a_file_that_changed_since_it_was_read_is_not_overwritten(desk: Desk) -> None:
    """PE-16."""
    desk.put("a.txt", "one two\n")
    await desk.done("read_file", path="a.txt")
    desk.put("a.txt", "one two three\n")
    for call in (
        desk.failed("write_file", path="a.txt", content="x"),
        desk.failed("edit_file", path="a.txt", old_text="one", new_text="x"),
    ):
        assert await call == "a.txt changed since you read it; read it again."
    assert desk.path("a.txt").read_text() == "one two three\n"
    await desk.done("read_file", path="a.txt")
    await desk.done("edit_file", path="a.txt", old_text="one", new_text="1")


async def test_what_the_editor_has_open_is_the_truth(desk: Desk) -> None:
    path = desk.put("a.py", "saved = 1\n")
    desk.editor.opened[path] = Buffer("unsaved = 1\n", 7, dirty=True)
    assert await desk.done("read_file", path="a.py") == "1\tunsaved = 1\n[unsaved in the editor]"
    outcome = await desk.call("edit_file", path="a.py", old_text="= 1", new_text="= 2")
    assert desk.editor.opened[path].text == "unsaved = 2\n"
    assert path.read_text() == "saved = 1\n"
    assert "-unsaved = 1\n+unsaved = 2\n" in (outcome.diff or "")


async def test_an_editor_that_refuses_gets_the_disk_and_a_notice(desk: Desk) -> None:
    path = desk.put("a.py", b"\xef\xbb\xbfold\r\n")
    desk.editor.opened[path] = Buffer("old\r\n", 1, dirty=False)
    desk.editor.refuse = True
    outcome = await desk.call("edit_file", path="a.py", old_text="old", new_text="new")
    assert outcome.notices == ("The editor did not take the change of a.py, so it was written to the disk.",)
    assert path.read_bytes() == b"\xef\xbb\xbfnew\r\n"


async def test_what_the_user_types_meanwhile_is_not_overwritten(desk: Desk) -> None:
    path = desk.put("a.py", "old\n")
    desk.editor.opened[path] = Buffer("old\n", 1, dirty=False)

    def type_something() -> None:
        desk.editor.opened[path] = Buffer("typed old\n", 2, dirty=True)

    desk.editor.on_apply = type_something
    assert "changed since you read it" in await desk.failed("edit_file", path="a.py", old_text="old", new_text="new")
    assert desk.editor.opened[path].text == "typed old\n"
    assert path.read_text() == "old\n"


async def test_writes_to_one_file_follow_each_other(desk: Desk) -> None:
    desk.put("count.txt", "".join(f"<{number}>\n" for number in range(20)))
    edits = (desk.done("edit_file", path="count.txt", old_text=f"<{i}>", new_text=f"[{i}]") for i in range(20))
    await asyncio.gather(*edits)
    assert desk.path("count.txt").read_text() == "".join(f"[{number}]\n" for number in range(20))


async def test_a_write_that_can_not_be_done_says_why(desk: Desk) -> None:
    desk.put("file", "x")
    assert "not a directory" in await desk.failed("write_file", path="file/x", content="y")
    desk.put("big.txt", b"x" * (10 * 1024 * 1024 + 1))
    assert "over 10 MB" in await desk.failed("edit_file", path="big.txt", old_text="x", new_text="y")
    desk.put("bin", b"a\0b")
    assert "binary" in await desk.failed("edit_file", path="bin", old_text="a", new_text="y")


async def test_a_full_disk_is_said_and_leaves_the_old_content(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.put("a.txt", "old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dispatch_ls.tools.atomic.os.fsync", full)
    said = await desk.failed("edit_file", path="a.txt", old_text="old", new_text="new")
    assert said == "The disk is full; a.txt was not written."
    assert [path.name for path in desk.workspace.iterdir()] == ["a.txt"]
    assert desk.path("a.txt").read_text() == "old"


KILLED = """
import os, sys
from dispatch_ls.tools.atomic import replace_file
directory = os.open(sys.argv[1], os.O_RDONLY)
number = 0
while True:
    replace_file(directory, "file", str(number % 10).encode() * 3_000_000)
    number += 1
    if number == 1: print("going", flush=True)
"""


@pytest.mark.parametrize("delay", [1, 2, 3, 5, 8])
def test_a_killed_write_leaves_the_old_content_or_the_new(tmp_path: Path, delay: int) -> None:
    """PE-17: killed wherever it is after `delay` new versions were seen."""
    child = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    file = tmp_path / "file"
    seen = {file.stat().st_mtime_ns}
    while len(seen) <= delay:
        seen.add(file.stat().st_mtime_ns)
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    content = file.read_bytes()
    assert len(content) == 3_000_000
    assert len(set(content)) == 1
