"""The gate through its front door: who is asked what, and what an answer covers."""

import asyncio
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dispatch_ls.permissions.access import Access
from dispatch_ls.protocol.errors import Denied
from dispatch_ls.protocol.permissions import Operation, Scope
from support.gate import ALLOW, DENY, House, scopes


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path)
    yield house
    for task in house.running:
        task.cancel()
    await asyncio.gather(*house.running, return_exceptions=True)


ONCE_ONLY = [("allow", "once"), ("deny", "once")]
SESSION = [("allow", "once"), ("allow", "session"), ("deny", "once")]
ALL = [("allow", "once"), ("allow", "session"), ("allow", "always"), ("deny", "once")]


async def test_reading_the_workspace_is_free(house: House) -> None:
    await house.gate.check(house.reads(house.workspace / "a.py"))
    await house.gate.check(house.reads(house.workspace))
    assert house.log == []
    assert house.user.asked.empty()


async def test_a_request_shows_what_it_is_about(house: House) -> None:
    house.check(house.runs("npm run build"))
    permission = await house.user.asked.get()
    assert (permission.session_id, permission.operation, permission.target) == (
        "ses_1",
        Operation.EXECUTE,
        "npm run build",
    )
    assert permission.title == "execute npm run build"
    assert permission.reason == "No rule allows this command."
    assert [(option.label, option.preview) for option in permission.options] == [
        ("Allow once", None),
        ("Allow `npm run build *` for this session", "npm run build *"),
        ("Always allow `npm run build *`", '[permissions.shell] "npm run build *" = "allow"'),
        ("Deny", None),
    ]


async def test_once_is_once(house: House) -> None:
    for _ in range(2):
        check = house.check(house.runs("make"))
        await house.user.answer(ALLOW)
        await check
    assert house.decisions == [("allow", "once", "user")] * 2


async def test_a_denial_tells_the_model_why(house: House) -> None:
    check = house.check(house.writes(house.workspace / "a.py"))
    await house.user.answer(DENY, message="not that file")
    with pytest.raises(Denied, match=r"The user denied writing .*/ws/a\.py: not that file$"):
        await check
    assert house.decisions == [("deny", "once", "user")]


async def test_a_session_grant_of_the_workspace(house: House) -> None:
    check = house.check(house.writes(house.workspace / "a.py"))
    permission = await house.user.answer(ALLOW, Scope.SESSION)
    await check
    assert scopes(permission) == ALL
    assert permission.options[1].preview == f"{house.workspace}/**"
    await house.gate.check(house.writes(house.workspace / "deep" / "b.py"))
    assert house.decisions == [("allow", "session", "user"), ("allow", "once", "rule")]
    other = house.check(house.writes(house.workspace / "a.py", session="ses_2"))
    assert (await house.user.answer(DENY)).session_id == "ses_2"
    with pytest.raises(Denied):
        await other


async def test_a_session_grant_survives_a_restart(house: House) -> None:
    check = house.check(house.runs("npm run test -- a"))
    await house.user.answer(ALLOW, Scope.SESSION)
    await check
    house.gate = house.new_gate()
    house.gate.restore("ses_1", [entry.wire() for entry in house.log])
    await house.gate.check(house.runs("npm run test -- b"))
    check = house.check(house.runs("npm run testx"))
    await house.user.answer(DENY)
    with pytest.raises(Denied):
        await check


async def test_outside_the_workspace_is_asked_before(house: House) -> None:
    (house.outside / "sub").mkdir()
    check = house.check(house.reads(house.outside / "a.txt"))
    permission = await house.user.answer(ALLOW, Scope.SESSION)
    await check
    assert scopes(permission) == ALL
    assert permission.reason == f"{house.outside / 'a.txt'} is outside the workspace."
    assert [option.preview for option in permission.options[1:3]] == [
        f"{house.outside}/**",
        f'allow_directories = ["{house.outside}"]',
    ]
    await house.gate.check(house.reads(house.outside / "sub" / "b.txt"))
    check = house.check(house.writes(house.outside / "a.txt"))
    await house.user.answer(DENY)
    with pytest.raises(Denied):
        await check


async def test_a_neighbour_with_the_same_beginning_is_outside(house: House) -> None:
    evil = house.root / "ws-evil"
    evil.mkdir()
    house.check(house.reads(evil / "a"))
    assert "outside" in (await house.user.asked.get()).reason


async def test_nobody_is_offered_the_whole_machine(house: House) -> None:
    for path in (Path("/file"), house.home / "notes.txt", house.root / "x"):
        house.check(house.reads(path))
        permission = await house.user.asked.get()
        assert scopes(permission) == SESSION
        assert permission.options[1].preview == str(path)
    house.check(house.reads(Path("/")))
    assert scopes(await house.user.asked.get()) == ONCE_ONLY


async def test_always_opens_a_directory(house: House) -> None:
    check = house.check(house.reads(house.outside))
    await house.user.answer(ALLOW, Scope.ALWAYS)
    await check
    assert tomllib.loads(house.user_file.read_text())["permissions"] == {"allow_directories": [str(house.outside)]}
    await house.gate.check(house.reads(house.outside / "a", session="ses_2"))
    house.reload()
    await house.gate.check(house.reads(house.outside / "a", session="ses_2"))


async def test_always_of_a_command_is_a_rule_of_the_user(house: House) -> None:
    house.user_file.parent.mkdir()
    house.user_file.write_text('# mine\n[permissions.shell]\n"*" = "ask" # all\n')
    house.reload()
    check = house.check(house.runs("cargo test -q"))
    await house.user.answer(ALLOW, Scope.ALWAYS)
    await check
    assert house.user_file.read_text() == ('# mine\n[permissions.shell]\n"*" = "ask" # all\n"cargo test *" = "allow"\n')
    house.reload()
    await house.gate.check(house.runs("cargo test --all", session="ses_2"))
    assert house.log[-1].rule == 'permissions.shell "cargo test *" = "allow"'


async def test_always_of_edits_outside_writes_both(house: House) -> None:
    check = house.check(house.writes(house.outside / "a"))
    await house.user.answer(ALLOW, Scope.ALWAYS)
    await check
    house.reload()
    await house.gate.check(house.writes(house.outside / "b", session="ses_2"))
    assert house.permissions.allow_directories == [str(house.outside)]
    assert house.permissions.edit == {f"{house.outside}/**": "allow"}


async def test_an_always_taken_back_in_the_file_is_over(house: House) -> None:
    check = house.check(house.runs("make"))
    await house.user.answer(ALLOW, Scope.ALWAYS)
    await check
    await house.gate.check(house.runs("make"))
    house.user_file.write_text("")
    house.reload()
    house.check(house.runs("make"))
    await house.user.asked.get()


async def test_an_always_that_can_not_be_written_holds_for_the_session(house: House) -> None:
    house.user_file.parent.mkdir()
    house.user_file.write_text("[broken")
    check = house.check(house.runs("make"))
    await house.user.answer(ALLOW, Scope.ALWAYS)
    await check
    assert house.user_file.read_text() == "[broken"
    ((session, text),) = house.notices
    assert session == "ses_1"
    assert "for this session only" in text
    await house.gate.check(house.runs("make"))
    house.check(house.runs("make", session="ses_2"))
    await house.user.asked.get()


async def test_rules_decide_and_are_logged(house: House) -> None:
    house.set(shell={"*": "ask", "git status": "allow", "git push *": "deny"}, edit={"docs/**": "allow"})
    await house.gate.check(house.runs("git status"))
    await house.gate.check(house.writes(house.workspace / "docs" / "a.md"))
    with pytest.raises(Denied, match=r'A rule denies running ls; git push: permissions.shell "git push \*" = "deny"'):
        await house.gate.check(house.runs("ls; git push"))
    assert [(entry.decision, entry.by, entry.rule) for entry in house.log] == [
        (ALLOW, "rule", 'permissions.shell "git status" = "allow"'),
        (ALLOW, "rule", 'permissions.edit "docs/**" = "allow"'),
        (DENY, "rule", 'permissions.shell "git push *" = "deny"'),
    ]
    assert house.user.asked.empty()


async def test_a_deny_stands_against_a_grant(house: House) -> None:
    check = house.check(house.runs("git push"))
    await house.user.answer(ALLOW, Scope.SESSION)
    await check
    house.set(shell={"git push *": "deny"})
    with pytest.raises(Denied):
        await house.gate.check(house.runs("git push"))


async def test_an_allowance_without_a_place_means_the_workspace(house: House) -> None:
    house.set(edit={"*": "allow", "**": "allow"}, read={"*": "allow"})
    await house.gate.check(house.writes(house.workspace / "a"))
    for access in (house.writes(house.outside / "a"), house.reads(house.outside / "a")):
        house.check(access)
        assert "outside" in (await house.user.asked.get()).reason


async def test_protected_files_are_asked_each_time(house: House) -> None:
    house.set(edit={"**": "allow"})
    for path in (".git/hooks/pre-commit", "dispatch.toml", ".vscode/settings.json"):
        for _ in range(2):
            check = house.check(house.writes(house.workspace / path))
            permission = await house.user.answer(ALLOW)
            await check
            assert scopes(permission) == ONCE_ONLY
            assert "is protected" in permission.reason


async def test_secrets_are_asked_before_they_are_read(house: House) -> None:
    house.set(read={"**": "allow", ".env": "allow"})
    check = house.check(house.reads(house.workspace / ".env"))
    permission = await house.user.answer(ALLOW, Scope.SESSION)
    await check
    assert scopes(permission) == SESSION
    await house.gate.check(house.reads(house.workspace / ".env"))
    house.check(house.reads(house.workspace / ".env.local"))
    await house.user.asked.get()
    house.check(house.reads(house.state / "trust.json"))
    await house.user.asked.get()


async def test_an_opened_directory_does_not_open_its_secrets(house: House) -> None:
    check = house.check(house.reads(house.outside / "a"))
    await house.user.answer(ALLOW, Scope.SESSION)
    await check
    check = house.check(house.writes(house.workspace / "a"))
    await house.user.answer(ALLOW, Scope.SESSION)
    await check
    for path in (house.outside / "key.pem", house.workspace / ".env"):
        house.check(house.reads(path))
        assert "secrets" in (await house.user.asked.get()).reason


async def test_a_command_elsewhere_is_another_command(house: House) -> None:
    house.set(shell={"*": "allow"})
    house.check(house.runs("make", directory=house.outside))
    permission = await house.user.asked.get()
    assert scopes(permission) == ONCE_ONLY
    assert str(house.outside) in permission.reason


async def test_a_compound_command_is_allowed_exactly(house: House) -> None:
    check = house.check(house.runs("make && make install"))
    permission = await house.user.answer(ALLOW, Scope.SESSION)
    await check
    assert permission.options[1].preview == "make && make install"
    await house.gate.check(house.runs("make && make install"))
    house.check(house.runs("make && make install; rm x"))
    await house.user.asked.get()


async def test_a_pattern_is_never_written_by_accident(house: House) -> None:
    house.check(house.runs("rm build/*"))
    permission = await house.user.asked.get()
    assert scopes(permission) == SESSION
    assert permission.options[1].preview == "rm build/*"


async def test_links_of_opened_directories_are_followed(house: House) -> None:
    link = house.home / "link"
    link.symlink_to(house.outside)
    house.set(allow_directories=["~/link"])
    await house.gate.check(house.reads(house.outside / "a"))


async def test_other_operations(house: House) -> None:
    summon = Access(
        session_id="ses_1", item_id="itm", operation=Operation.SUMMON, target="review", title="Summon", tool="summon"
    )
    await house.gate.check(summon)
    house.set(summon={"review": "deny"}, network={"https://docs.example/*": "allow"})
    with pytest.raises(Denied, match="summoning review"):
        await house.gate.check(summon)
    fetch = Access(
        session_id="ses_1",
        item_id="itm",
        operation=Operation.NETWORK,
        target="https://docs.example/a",
        title="Fetch",
        tool="fetch_url",
    )
    await house.gate.check(fetch)
    nameless = Access(session_id="ses_1", item_id="i", operation=Operation.WRITE, target="?", title="T", tool="t")
    house.check(nameless)
    assert scopes(await house.user.asked.get()) == ONCE_ONLY
