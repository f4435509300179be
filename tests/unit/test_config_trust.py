"""Trust of workspaces, secrets, and where files are."""

# ruff: noqa: ASYNC240  (nothing else runs in these loops)

import asyncio
import json
import os
import stat
import sys
import types
from collections.abc import Sequence
from pathlib import Path

import pytest

from dispatch_ls.config.paths import Paths, project_file
from dispatch_ls.config.secrets import Secrets
from dispatch_ls.config.settings import Secret
from dispatch_ls.config.trust import TrustStore
from dispatch_ls.protocol.errors import NoKey


@pytest.fixture
def store_file(tmp_path: Path) -> Path:
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    return state / "trust.json"


async def test_trust_is_remembered_and_forgotten(tmp_path: Path, store_file: Path) -> None:
    store = TrustStore(store_file)
    assert not (await store.of(tmp_path)).trusted
    await store.set(tmp_path, True)
    assert (await TrustStore(store_file).of(tmp_path)).trusted
    assert stat.S_IMODE(store_file.stat().st_mode) == 0o600
    await store.set(tmp_path, False)
    assert not (await store.of(tmp_path)).trusted


async def test_the_store_makes_its_directory(tmp_path: Path) -> None:
    store = TrustStore(tmp_path / "a" / "b" / "trust.json")
    await store.set(tmp_path, True)
    assert (await store.of(tmp_path)).trusted


async def test_each_folder_is_trusted_for_itself(tmp_path: Path, store_file: Path) -> None:
    nested = tmp_path / "nested"
    nested.mkdir()
    store = TrustStore(store_file)
    await store.set(tmp_path, True)
    assert not (await store.of(nested)).trusted
    assert not (await store.of(tmp_path.parent)).trusted


async def test_a_link_is_what_it_leads_to(tmp_path: Path, store_file: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    link.symlink_to(real)
    store = TrustStore(store_file)
    await store.set(link, True)
    assert (await store.of(real)).trusted
    link.unlink()
    link.mkdir()
    assert not (await store.of(link)).trusted


DAMAGED = ["", "{", "[]", "{}", '{"version": 2, "workspaces": {}}', '{"version": 1, "workspaces": []}', "[" * 100_000]


@pytest.mark.parametrize("text", DAMAGED, ids=range(len(DAMAGED)))
async def test_a_damaged_store_trusts_nothing_and_is_set_aside(tmp_path: Path, store_file: Path, text: str) -> None:
    store_file.write_text(text)
    store_file.chmod(0o600)
    store = TrustStore(store_file)
    found = await store.of(tmp_path)
    assert not found.trusted
    assert found.problem is not None
    assert str(store_file) in found.problem
    await store.set(tmp_path, True)
    assert (await store.of(tmp_path)).trusted
    (aside,) = store_file.parent.glob("trust.json.damaged-*")
    assert aside.read_text() == text


@pytest.mark.parametrize("mode", [0o622, 0o620, 0o602])
async def test_a_store_that_others_can_write_trusts_nothing(tmp_path: Path, store_file: Path, mode: int) -> None:
    await TrustStore(store_file).set(tmp_path, True)
    store_file.chmod(mode)
    found = await TrustStore(store_file).of(tmp_path)
    assert not found.trusted
    assert "others can write it" in (found.problem or "")


async def test_a_directory_that_others_can_write_trusts_nothing(tmp_path: Path, store_file: Path) -> None:
    await TrustStore(store_file).set(tmp_path, True)
    store_file.parent.chmod(0o777)
    assert not (await TrustStore(store_file).of(tmp_path)).trusted


@pytest.mark.timeout(10)
@pytest.mark.parametrize("kind", ["link", "pipe", "directory"])
async def test_a_store_that_is_no_file_trusts_nothing(tmp_path: Path, store_file: Path, kind: str) -> None:
    good = tmp_path / "good.json"
    good.write_text(json.dumps({"version": 1, "workspaces": {str(tmp_path): {}}}))
    if kind == "link":
        store_file.symlink_to(good)
    elif kind == "pipe":
        os.mkfifo(store_file)
    else:
        store_file.mkdir()
    found = await TrustStore(store_file).of(tmp_path)
    assert not found.trusted
    assert found.problem


async def test_servers_at_once_lose_no_trust(tmp_path: Path, store_file: Path) -> None:
    await asyncio.gather(*(TrustStore(store_file).set(tmp_path / str(n), True) for n in range(12)))
    assert all([(await TrustStore(store_file).of(tmp_path / str(n))).trusted for n in range(12)])


def test_paths_follow_xdg(tmp_path: Path) -> None:
    given = {"XDG_CONFIG_HOME": "/c", "XDG_STATE_HOME": "relative", "XDG_CACHE_HOME": ""}
    paths = Paths.of(given, tmp_path)
    assert paths.user_file == Path("/c/dispatch/dispatch.toml")
    assert paths.trust_file == tmp_path / ".local/state/dispatch/trust.json"
    assert paths.cache == tmp_path / ".cache/dispatch"
    one, other = paths.workspace_state(Path("/a")), paths.workspace_state(Path("/a/"))
    assert one == other != paths.workspace_state(Path("/b"))
    assert one.parent == paths.state / "workspaces"
    assert project_file(Path("/ws")) == Path("/ws/dispatch.toml")


async def run(command: Sequence[str], *, timeout: float) -> tuple[int, bytes]:
    child = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        async with asyncio.timeout(timeout):
            output, _ = await child.communicate()
    except TimeoutError:
        child.kill()
        await child.wait()
        raise
    return child.returncode or 0, output


def secrets(timeout: float = 20.0, **environment: str) -> Secrets:
    return Secrets(environment, run, timeout=timeout)


async def test_secrets_from_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "key"
    file.write_text("from-file\n")
    keyring = types.ModuleType("keyring")
    keyring.get_password = lambda service, user: f"{service}-{user}"  # type: ignore[attr-defined]  # a stand-in
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    source = secrets(KEY="from-env")
    assert await source.resolve("k", Secret(env="KEY")) == "from-env"
    assert await source.resolve("k", Secret(file=str(file))) == "from-file"
    assert await source.resolve("k", Secret(command=["printf", "from-command\\n"])) == "from-command"
    assert await source.resolve("k", Secret(keyring="dispatch/me")) == "dispatch-me"


def _fails(*_: str) -> str:
    raise RuntimeError("canary")


@pytest.mark.timeout(20)
async def test_errors_name_the_key_and_never_the_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = types.ModuleType("keyring")
    keyring.get_password = _fails  # type: ignore[attr-defined]  # a stand-in
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    (tmp_path / "lines").write_text("canary\r\nx-evil: 1")
    (tmp_path / "bytes").write_bytes(b"canary\xff")
    (tmp_path / "empty").write_text(" \n")
    (tmp_path / "large").write_text("canary" * 100_000)
    broken = [
        (Secret(env="MISSING"), "MISSING is not set"),
        (Secret(env="EMPTY"), "EMPTY is not set"),
        (Secret(env="LINES"), "characters that no key has"),
        (Secret(file=str(tmp_path / "none")), "there is no file"),
        (Secret(file=str(tmp_path)), "not a regular file"),
        (Secret(file=str(pipe)), "not a regular file"),
        (Secret(file=str(tmp_path / "lines")), "characters that no key has"),
        (Secret(file=str(tmp_path / "bytes")), "not text"),
        (Secret(file=str(tmp_path / "empty")), "empty"),
        (Secret(file=str(tmp_path / "large")), "larger than"),
        (Secret(command=["sh", "-c", "echo canary; exit 3"]), "sh ended with exit code 3"),
        (Secret(command=["/no/such/program", "canary"]), "could not be started"),
        (Secret(keyring="a/b"), "keyring failed"),
    ]
    source = secrets(EMPTY="", LINES="canary\nx: 1")
    for secret, words in broken:
        with pytest.raises(NoKey) as caught:
            await source.resolve("main", secret)
        assert words in str(caught.value)
        assert '"main"' in str(caught.value)
        assert "canary" not in str(caught.value)
        assert caught.value.__suppress_context__


async def test_a_command_that_hangs(tmp_path: Path) -> None:
    with pytest.raises(NoKey, match="no answer"):
        await secrets(timeout=0.05).resolve("main", Secret(command=["sleep", "60"]))


async def test_without_the_keyring_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(NoKey, match=r"dispatch-ls\[keyring\]"):
        await secrets().resolve("main", Secret(keyring="a/b"))
