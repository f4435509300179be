"""Many requests at once, and answers that are none."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest

from dispatch_ls.permissions.gate import Answer
from dispatch_ls.protocol.errors import Denied
from dispatch_ls.protocol.permissions import Decision, Scope
from support.gate import ALLOW, DENY, House


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path)
    yield house
    for task in house.running:
        task.cancel()
    await asyncio.gather(*house.running, return_exceptions=True)


async def test_a_grant_answers_the_open_requests_it_covers(house: House) -> None:
    first, covered = house.check(house.runs("pytest a")), house.check(house.runs("pytest b"))
    other_session = house.check(house.runs("pytest a", session="ses_2"))
    other_command = house.check(house.runs("make"))
    permissions = {(p.session_id, p.target): p for p in [await house.user.asked.get() for _ in range(4)]}
    mine = permissions["ses_1", "pytest a"]
    house.user.waiting[mine.permission_id].set_result(Answer(ALLOW, Scope.SESSION))
    await first
    await covered
    assert not other_session.done()
    assert not other_command.done()
    assert len(house.user.waiting) == 2
    assert house.log[0].permission_id == mine.permission_id
    assert house.log[1].permission_id == permissions["ses_1", "pytest b"].permission_id
    assert house.decisions == [("allow", "session", "user"), ("allow", "once", "rule")]


async def test_a_deny_resolves_only_its_own(house: House) -> None:
    checks = [house.check(house.runs("make")) for _ in range(2)]
    permissions = [await house.user.asked.get() for _ in range(2)]
    house.user.waiting[permissions[0].permission_id].set_result(Answer(DENY))
    with pytest.raises(Denied):
        await checks[0]
    assert not checks[1].done()
    house.user.waiting[permissions[1].permission_id].set_result(Answer(ALLOW))
    await checks[1]


async def test_an_always_answers_open_requests_of_all_sessions(house: House) -> None:
    checks = [house.check(house.runs("make", session=f"ses_{n}")) for n in range(3)]
    permissions = [await house.user.asked.get() for _ in range(3)]
    house.user.waiting[permissions[0].permission_id].set_result(Answer(ALLOW, Scope.ALWAYS))
    await asyncio.gather(*checks)


async def test_a_reload_answers_open_requests(house: House) -> None:
    allowed, denied, open_still = (house.check(house.runs(command)) for command in ("make", "rm x", "ls"))
    for _ in range(3):
        await house.user.asked.get()
    house.set(shell={"make": "allow", "rm *": "deny"})
    await house.gate.rejudge()
    await allowed
    with pytest.raises(Denied, match="A rule denies running rm x"):
        await denied
    assert not open_still.done()


async def test_a_hundred_at_once(house: House) -> None:
    checks = [house.check(house.writes(house.workspace / f"{n}.py")) for n in range(100)]
    await house.user.answer(ALLOW, Scope.SESSION)
    await asyncio.gather(*checks)
    assert len(house.log) == 100
    assert house.user.waiting == {}


NONSENSE = [
    None, True, "yes", {}, {"decision": "allow"}, ALLOW, (ALLOW, Scope.ONCE),
    Answer(cast(Decision, "ALLOW")), Answer(cast(Decision, "allow")), Answer(cast(Decision, True)),
    Answer(ALLOW, cast(Scope, "once")), Answer(ALLOW, cast(Scope, "forever")), Answer(ALLOW, Scope.SESSION),
    Answer(ALLOW, Scope.ALWAYS), Answer(ALLOW, Scope.ONCE, cast(str, 5)), Answer(cast(Decision, None)),
]  # fmt: skip


@pytest.mark.parametrize("answer", NONSENSE, ids=range(len(NONSENSE)))
async def test_nonsense_is_no_approval(house: House, answer: object) -> None:
    check = house.check(house.writes(house.workspace / ".git" / "config"))  # only once is offered
    permission = await house.user.asked.get()
    house.user.waiting[permission.permission_id].set_result(cast(Answer, answer))
    with pytest.raises(Denied):
        await check
    assert house.decisions == [("deny", "once", "policy")]
    assert not house.user_file.exists()


async def test_an_asker_that_fails_is_no_approval(house: House) -> None:
    check = house.check(house.runs("make"))
    permission = await house.user.asked.get()
    house.user.waiting[permission.permission_id].set_exception(ConnectionError("gone"))
    with pytest.raises(ConnectionError):
        await check
    assert house.log == []


async def test_a_cancelled_check_takes_its_request_back(house: House) -> None:
    check = house.check(house.runs("make"))
    await house.user.asked.get()
    check.cancel()
    with pytest.raises(asyncio.CancelledError):
        await check
    assert house.user.waiting == {}
    await house.gate.rejudge()
    assert house.log == []


async def test_a_grant_that_comes_while_a_request_is_made_is_not_missed(house: House) -> None:
    first = house.check(house.runs("pytest"))
    permission = await house.user.asked.get()
    second = house.check(house.runs("pytest -q"))
    house.user.waiting[permission.permission_id].set_result(Answer(ALLOW, Scope.SESSION))
    await asyncio.gather(first, second)
