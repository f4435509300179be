"""Processes that write to the log and say what was acknowledged.

`python -m support.log_writer` reads directories from stdin; for each it forks a child that writes to the log there
until it is killed. Printed are `started PID`, `ack SESSION SEQ ITEM` after each acknowledgement, and `ended` once the
child is gone, so that nothing more of it can follow.

`python -m support.log_writer DIRECTORY` writes to a disk that fills up and gets space again, and prints a JSON report.
"""

import asyncio
import json
import os
import resource
import sys
from itertools import count
from pathlib import Path

from dispatch_ls.protocol.errors import NotStored
from dispatch_ls.protocol.events import Draft, Event
from dispatch_ls.sessions.store import Store
from support.sessions import Told, call, header, opened, said, state, turn_ended, turn_started, updated

SESSIONS = 5


def say(text: str) -> None:
    os.write(1, f"{text}\n".encode())


def turn(number: int) -> list[list[Draft]]:
    """What an agent logs in one turn, as it happens."""
    turn_id, message, tool = f"trn_{number}", f"itm_{number}a", f"itm_{number}b"
    chunks = [[updated(message, turn_id, append={"text": "word " * 20})] for _ in range(5)]
    return [
        [turn_started(turn_id), state("running"), said("user", "go on", f"itm_{number}u", messageId=f"msg_{number}")],
        *chunks,
        [said("assistant", "word " * 100, message), call(tool, "pending", turn_id)],
        [call(tool, "running", turn_id)],
        [Draft(type="item.completed", item_id=tool, data={"kind": "tool_call", "tool": "t", "status": "completed"})],
        [turn_ended(turn_id), state("idle")],
    ]


async def converse(store: Store, session_id: str) -> None:
    await store.create(header(session_id))
    for number in count():
        futures = [store.append(session_id, drafts) for drafts in turn(number)]
        for future in futures:
            for event in await future:
                say(f"ack {session_id} {event.seq} {event.item_id}")


async def write_for_ever(directory: Path) -> None:
    async with opened(directory) as store:
        await asyncio.gather(*(converse(store, f"ses_{os.getpid()}_{n}") for n in range(SESSIONS)))


def serve_victims() -> None:
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            say(f"started {os.getpid()}")
            asyncio.run(write_for_ever(Path(line.strip())))
        os.waitpid(pid, 0)
        say("ended")


def limit_files(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


async def fill_the_disk(directory: Path) -> None:
    told = Told()
    acknowledged: list[Event] = []
    async with opened(directory, told) as store:
        await store.create(header())
        limit_files(400_000)
        errors = []
        for number in range(200):
            try:
                acknowledged += await store.append("ses_1", [said("user", "x" * 10_000, f"itm_{number}")])
            except NotStored as error:
                errors.append(str(error))
        await store.flush()
        refused, readable = store.trouble, len(await store.events("ses_1"))
        limit_files(resource.RLIM_INFINITY)
        acknowledged += await store.append("ses_1", [said("assistant", "there is space again", "itm_last")])
        report = {
            "errors": errors,
            "trouble": [refused, store.trouble],
            "readable": readable,
            "acknowledged": [[event.seq, event.item_id] for event in acknowledged],
            "told": told.seqs("ses_1"),
        }
    say(json.dumps(report))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        asyncio.run(fill_the_disk(Path(sys.argv[1])))
    else:
        serve_victims()
