"""Commands: real ones, to their end, streamed, bounded, with nothing left behind."""

import asyncio
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch_ls.protocol.items import CallStatus
from dispatch_ls.protocol.permissions import Operation
from dispatch_ls.tools.cut import LIMIT
from dispatch_ls.tools.run_shell import RunShell, Streaming, system_shell
from dispatch_ls.tools.terminal import PlainText, plain
from dispatch_ls.tools.toolbox import Toolbox
from support.tools import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


async def test_both_streams_in_order_and_the_exit_code(desk: Desk) -> None:
    outcome = await desk.call("run_shell", command="echo out; echo err >&2; echo more; exit 3")
    assert outcome.status is CallStatus.COMPLETED
    assert outcome.output == "out\nerr\nmore\n[exit code 3]"
    assert outcome.exit_code == 3
    assert "".join(desk.streamed) == "out\nerr\nmore\n"
    assert desk.servers.resyncs == 1
    assert await desk.done("run_shell", command="true") == "[exit code 0]"


async def test_it_is_bash_in_the_directory_that_was_named(desk: Desk) -> None:
    desk.path("sub").mkdir()
    said = await desk.done("run_shell", command="shopt -s globstar && pwd", directory="sub")
    assert said == f"{desk.path('sub')}\n[exit code 0]"
    assert "is not a directory" in await desk.failed("run_shell", command="pwd", directory="nope")
    assert Path(system_shell()).parent in (Path("/bin"), Path("/usr/bin"))
    assert "command: " in await desk.failed("run_shell", command="echo \0")


async def test_a_command_is_asked_about_whole_and_a_directory_outside_as_well(desk: Desk) -> None:
    await desk.done("run_shell", command="echo 'a\x1b[31m'")
    (access,) = desk.gate.asked
    assert (access.operation, access.target) == (Operation.EXECUTE, "echo 'a\x1b[31m'")
    assert access.title == "Run echo 'a\\x1b[31m'"
    outcome = await desk.call("run_shell", command="touch here", directory="..")
    assert outcome.status is CallStatus.DENIED
    assert desk.gate.asked[1].operation is Operation.READ
    assert not (desk.outside / "here").exists()


async def test_keys_do_not_reach_a_command_and_nobody_is_asked_anything(desk: Desk) -> None:
    desk.with_context(environment={**os.environ, "ANTHROPIC_API_KEY": "canary", "MY_TOKEN": "canary"})
    said = await desk.done("run_shell", command="env; cat; git --no-pager config --get core.pager; tty", timeout=30)
    assert "canary" not in said
    for setting in ("GIT_TERMINAL_PROMPT=0", "PAGER=cat", "NO_COLOR=1", "TERM=dumb"):
        assert setting in said
    assert "not a tty" in said


async def test_a_command_that_hangs_is_ended_with_a_hint(desk: Desk) -> None:
    """SH-26."""
    outcome = await desk.call("run_shell", command="echo before; sleep 1000 & exec sleep 1000", timeout=1)
    assert outcome.exit_code is None
    assert outcome.output.startswith("before\n[timed out after 1 s and was ended with all its children;")
    assert "gets none" in outcome.output


async def test_cancelling_ends_the_whole_tree(desk: Desk) -> None:
    started = asyncio.Event()
    desk.with_context(stream=lambda _: started.set())
    command = "(setsid sleep 1000 & echo $! > one); sleep 1000 & echo $! > two; echo up; wait"
    call = asyncio.create_task(desk.call("run_shell", command=command))
    await started.wait()
    pids = [int(desk.path(name).read_text()) for name in ("one", "two")]
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert [pid for pid in pids if alive(pid)] == []


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_a_signal_is_named(desk: Desk) -> None:
    assert await desk.done("run_shell", command="kill -KILL $$") == "[ended by SIGKILL]"


async def test_a_long_output_is_cut_and_kept_whole_for_the_agent(desk: Desk) -> None:
    """TOOL-8."""
    outcome = await desk.call("run_shell", command="seq 1 100000")
    assert len(outcome.output) <= LIMIT
    head, tail = outcome.output.split("[… of 588,895 bytes the middle is left out; all of it is in ")
    assert head.startswith("1\n2\n")
    assert tail.endswith("\n100000\n[exit code 0]")
    assert outcome.whole is not None
    asked = len(desk.gate.asked)
    said = await desk.done("read_file", path=str(outcome.whole), start_line=50_000, end_line=50_001)
    assert said == "50000\t50000\n50001\t50001\n[lines 50000-50001 of 100,000]"
    assert len(desk.gate.asked) == asked
    assert (await desk.call("write_file", path=str(outcome.whole), content="x")).status is CallStatus.DENIED
    await desk.context.spill.clear()
    assert "does not exist" in await desk.failed("read_file", path=str(outcome.whole))


async def test_a_file_that_grows_over_the_limit_ends_the_command(desk: Desk) -> None:
    """RX-04."""
    desk.toolbox = Toolbox([RunShell(file_limit=1024 * 1024)])
    outcome = await desk.call("run_shell", command="cat /dev/zero > big")
    assert "a file grew over the limit of 1,048,576 bytes" in outcome.output
    assert desk.path("big").stat().st_size <= 1024 * 1024


async def test_a_disk_that_is_nearly_full_ends_the_command(desk: Desk) -> None:
    """RX-04."""
    desk.toolbox = Toolbox([RunShell(free=2**62)])
    assert "disk is nearly full" in await desk.failed("run_shell", command="sleep 1000")


def test_streaming_is_bounded() -> None:
    got: list[str] = []
    streaming = Streaming(got.append, limit=10)
    for _ in range(5):
        streaming.take(b"1234")
    assert "".join(got) == "1234123412"


def test_output_is_plain_text() -> None:
    assert plain(b"\x1b[1;31mred\x1b[0m \x1b]0;title\x07\x1b]52;c;ZXZpbA==\x1b\\ok\x08\x00") == "red ok"
    assert plain(b"10%\r50%\r100%\ndone\r\n") == "100%\ndone\r\n"
    assert plain(b"caf\xe9") == "caf\ufffd"


@given(
    st.lists(st.sampled_from([b"\x1b[31m", b"\x1b]0;t\x07", "é".encode(), b"a", b"\n", b"\x1b]8;;x\x1b\\"])),
    st.integers(1, 5),
)
def test_plain_text_is_the_same_however_it_is_cut(parts: list[bytes], size: int) -> None:
    data = b"".join(parts)
    text = PlainText()
    pieces = [text.feed(data[at : at + size]) for at in range(0, len(data), size)]
    assert "".join([*pieces, text.feed(b"", final=True)]) == plain(data)
