"""Children: bounded output, deadlines, nothing left behind."""

import asyncio
import os
import resource
import signal
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import psutil
import pytest

from dispatch_ls.processes.environment import child_environment
from dispatch_ls.processes.run import Finished, run
from dispatch_ls.processes.spawn import spawn

ENV = child_environment(os.environ)
ESCAPE = """
sleep 1000 & echo $!
setsid sleep 1000 & echo $!
(setsid nohup sleep 1000 >/dev/null 2>&1 & echo $!)
(trap '' TERM; sleep 1000 & echo $!; echo ready; wait) &
"""


async def sh(script: str, tmp_path: Path, *, timeout: float = 30, **options: object) -> Finished:
    return await run(["/bin/sh", "-c", script], cwd=tmp_path, env=ENV, timeout=timeout, **options)  # type: ignore[arg-type] # keywords passed on


async def gone(pids: list[int]) -> None:
    """Waits until none of the processes is left."""
    _, left = await asyncio.to_thread(psutil.wait_procs, [psutil.Process(pid) for pid in pids if _alive(pid)], 20)
    assert not left


def _alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def pids_in(output: bytes) -> list[int]:
    return [int(word) for word in output.split() if word.isdigit()]


async def test_output_of_both_streams_and_the_exit_code(tmp_path: Path) -> None:
    done = await sh("echo out; echo err >&2; exit 3", tmp_path)
    assert sorted(done.output_head.split()) == [b"err", b"out"]
    assert (done.exit_code, done.size, done.timed_out, done.spill) == (3, 8, False, None)


async def test_input_is_empty_and_there_is_no_terminal(tmp_path: Path) -> None:
    done = await sh("cat; (exec </dev/tty) 2>/dev/null && echo terminal; echo end", tmp_path)
    assert done.output_head == b"end\n"


async def test_a_signal_is_a_negative_exit_code(tmp_path: Path) -> None:
    assert (await sh("kill -KILL $$", tmp_path)).exit_code == -signal.SIGKILL


async def test_a_missing_command_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await run(["no-such-command"], cwd=tmp_path, env=ENV, timeout=5)


async def test_output_is_streamed_while_the_command_runs(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    seen: list[bytes] = []

    def answer(chunk: bytes) -> None:
        if not seen:
            _open_late(fifo)
        seen.append(chunk)

    done = await sh(f"echo first; read line < {fifo}; echo $line", tmp_path, on_output=answer)
    assert b"".join(seen) == done.output_head == b"first\nsecond\n"


def _open_late(fifo: Path) -> None:
    """The command goes on only once its first line has been seen."""
    with fifo.open("w") as pipe:
        pipe.write("second\n")


async def test_an_error_of_the_listener_ends_the_command(tmp_path: Path) -> None:
    def refuse(chunk: bytes) -> None:
        raise ValueError("no room")

    with pytest.raises(ValueError, match="no room"):
        await sh("echo $$; sleep 1000", tmp_path, on_output=refuse)


async def test_head_tail_and_the_whole_in_a_file(tmp_path: Path) -> None:
    spill = tmp_path / "all"
    done = await sh("seq 1 20000", tmp_path, head=100, tail=50, spill=spill)
    whole = "".join(f"{n}\n" for n in range(1, 20001)).encode()
    assert done.size == len(whole)
    assert (done.output_head, done.output_tail) == (whole[:100], whole[-50:])
    assert done.spill == spill
    assert spill.read_bytes() == whole
    assert spill.stat().st_mode & 0o777 == 0o600


async def test_short_output_needs_no_file(tmp_path: Path) -> None:
    done = await sh("printf 12345", tmp_path, head=3, tail=2, spill=tmp_path / "all")
    assert (done.output_head, done.output_tail, done.spill) == (b"123", b"45", None)
    assert not (tmp_path / "all").exists()


async def test_a_file_that_can_not_be_written_costs_only_the_file(tmp_path: Path) -> None:
    done = await sh("seq 1 20000", tmp_path, head=10, tail=10, spill=tmp_path / "missing" / "all")
    assert (done.exit_code, done.spill) == (0, None)
    assert done.output_tail.endswith(b"20000\n")


async def test_much_output_takes_no_memory(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    done = await sh("head -c 1000000000 /dev/zero", tmp_path, timeout=100)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert done.size == 1_000_000_000
    assert grown < 50_000, f"{grown} KiB"


async def test_the_deadline_ends_the_whole_tree(tmp_path: Path) -> None:
    done = await sh(ESCAPE + "exec sleep 1000", tmp_path, timeout=2)
    assert (done.timed_out, done.exit_code) == (True, None)
    assert len(pids_in(done.output_head)) == 4
    await gone(pids_in(done.output_head))


async def test_what_a_command_leaves_in_the_background_ends_with_it(tmp_path: Path) -> None:
    done = await sh(ESCAPE, tmp_path)
    assert (done.exit_code, done.timed_out) == (0, False)
    await gone(pids_in(done.output_head))


async def test_cancelling_ends_the_tree_first(tmp_path: Path) -> None:
    ready = asyncio.Event()
    seen = bytearray()

    def listen(chunk: bytes) -> None:
        seen.extend(chunk)
        if b"ready" in seen:
            ready.set()

    running = asyncio.create_task(sh(ESCAPE + "wait", tmp_path, on_output=listen))
    await ready.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not any(psutil.pid_exists(pid) and _alive(pid) for pid in pids_in(bytes(seen)))


async def test_ending_twice_is_ending_once(tmp_path: Path) -> None:
    child = await spawn(["sleep", "1000"], cwd=tmp_path, env=ENV)
    await asyncio.gather(child.end(), child.end())
    await child.end()
    assert child.returncode == -signal.SIGTERM


SERVER = """
import asyncio, os, sys
from pathlib import Path
from dispatch_ls.processes.environment import child_environment
from dispatch_ls.processes.run import run

async def main():
    await run(["/bin/sh", "-c", sys.argv[1] + "wait"], cwd=Path("/"), env=child_environment(os.environ), timeout=1000,
              on_output=lambda chunk: (sys.stdout.buffer.write(chunk), sys.stdout.buffer.flush()))

asyncio.run(main())
"""


async def test_children_die_with_a_server_that_is_killed() -> None:
    server = await asyncio.create_subprocess_exec(sys.executable, "-c", SERVER, ESCAPE, stdout=PIPE)
    assert server.stdout
    pids = pids_in(await server.stdout.readuntil(b"ready\n"))
    assert len(pids) == 4
    server.kill()
    await server.wait()
    await gone(pids)


def test_environment_is_an_allow_list() -> None:
    base = {
        "PATH": "/usr/bin:.::bin:/bin",
        "HOME": "/home/u",
        "LC_ALL": "C.UTF-8",
        "XDG_STATE_HOME": "/s",
        "XDG_API_TOKEN": "t",
        "ANTHROPIC_API_KEY": "k",
        "GITHUB_TOKEN": "t",
        "NODE_OPTIONS": "--require x",
        "OTEL_EXPORTER": "x",
        "LD_PRELOAD": "x",
        "HTTPS_PROXY": "http://user:password@proxy",
        "NO_PROXY": "localhost",
    }
    assert child_environment(base, {"EXTRA_TOKEN": "given"}) == {
        "PATH": "/usr/bin:/bin",
        "HOME": "/home/u",
        "LC_ALL": "C.UTF-8",
        "XDG_STATE_HOME": "/s",
        "NO_PROXY": "localhost",
        "EXTRA_TOKEN": "given",
    }
