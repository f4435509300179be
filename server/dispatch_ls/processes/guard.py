"""What ends a child when this process is killed and can't do it itself.

A shell of one line waits at the other end of a pipe that only this process holds. If this process dies, however that
happens, the pipe closes, and the guard kills the child's process group and whatever else carries its tag. (A parent-
death signal would reach the direct child only.)
"""

import asyncio
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress

from dispatch_ls.processes.sweep import TAG

_SCRIPT = """
read -r _
kill -s KILL -- "-$1"
for round in 1 2 3 4 5 6 7 8 9 10; do
  found=$(grep -l -a -F "$2" /proc/[0-9]*/environ)
  [ "$found" ] || break
  for file in $found; do file=${file#/proc/}; kill -s KILL "${file%/environ}"; done
done
"""


class Guard:
    """Watches over one child."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @classmethod
    async def over(cls, pid: int, tag: str) -> "Guard":
        """A guard for the process group `pid` and all that carries `tag`."""
        process = await asyncio.create_subprocess_exec(
            *("/bin/sh", "-c", _SCRIPT, "dispatch-guard", str(pid), f"{TAG}={tag}"),
            stdin=PIPE,
            stdout=DEVNULL,
            stderr=DEVNULL,
            cwd="/",
            env={"PATH": "/usr/bin:/bin"},
            start_new_session=True,
        )
        return cls(process)

    async def release(self) -> None:
        """The child has been ended: nothing is left to watch over."""
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGKILL)
        if self._process.stdin:
            self._process.stdin.close()
        await self._process.wait()
