"""Hot reload against the real file system: the last good configuration stays, many saves are few reloads."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from dispatch_ls.config.load import Loaded
from dispatch_ls.config.watch import Watched

Start = Callable[..., Awaitable["Watch"]]


class Watch:
    def __init__(self, user: Path, project: Path | None, trusted: bool) -> None:
        self.reloads: asyncio.Queue[Loaded] = asyncio.Queue()
        self.config = Watched(user, project, trusted=trusted, on_reload=self.reloads.put_nowait, check_every=3600)

    async def until(self, condition: Callable[[Loaded], bool]) -> Loaded:
        while True:
            loaded = await self.reloads.get()
            if condition(loaded):
                return loaded

    async def steps(self, steps: int) -> Loaded:
        return await self.until(lambda loaded: loaded.settings.limits.steps == steps)


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    async with AsyncExitStack() as stack:

        async def starting(user: Path, project: Path | None = None, *, trusted: bool = True) -> Watch:
            watch = Watch(user, project, trusted)
            await watch.config.start()
            stack.push_async_callback(watch.config.close)
            return watch

        yield starting


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


async def test_a_save_is_in_force(tmp_path: Path, start: Start) -> None:
    file = tmp_path / "dispatch.toml"
    write(file, "[limits]\nsteps = 1\n")
    watch = await start(file)
    assert watch.config.loaded.settings.limits.steps == 1
    write(file, "[limits]\nsteps = 2\n")
    assert await watch.steps(2) is watch.config.loaded


async def test_a_file_that_comes_later_with_its_directories(tmp_path: Path, start: Start) -> None:
    file = tmp_path / "config" / "dispatch" / "dispatch.toml"
    watch = await start(file)
    assert watch.config.loaded.files == ()
    write(file, "[limits]\nsteps = 3\n")
    assert (await watch.steps(3)).files == (file,)
    file.unlink()
    assert (await watch.steps(200)).files == ()


async def test_changes_that_nobody_tells_of_are_found(tmp_path: Path) -> None:
    file = tmp_path / "dispatch.toml"
    found: asyncio.Queue[Loaded] = asyncio.Queue()
    config = Watched(file, None, trusted=True, on_reload=found.put_nowait, check_every=0.01)
    await config.start()
    for steps in (1, 2):
        write(file, f"[limits]\nsteps = {steps}\n")
        while (await found.get()).settings.limits.steps != steps:
            pass
    await config.close()


async def test_saved_by_renaming(tmp_path: Path, start: Start) -> None:
    file = tmp_path / "dispatch.toml"
    write(file, "")
    watch = await start(file)
    write(tmp_path / "new", "[limits]\nsteps = 4\n")
    (tmp_path / "new").replace(file)
    await watch.steps(4)


async def test_saved_behind_a_link(tmp_path: Path, start: Start) -> None:
    target = tmp_path / "dotfiles" / "dispatch.toml"
    write(target, "")
    file = tmp_path / "config" / "dispatch.toml"
    file.parent.mkdir()
    file.symlink_to(target)
    watch = await start(file)
    write(target, "[limits]\nsteps = 5\n")
    await watch.steps(5)
    write(target, "[limits]\nsteps = 6\n")
    await watch.steps(6)


BROKEN = [
    b"[limits\n",
    b"[limits]\nsteps = 'x'\n",
    b"[limits]\nsteeps = 9\n",
    b"\xff",
    b"\xef\xbb\xbf[limits]\nsteps = 9\n",
    b"[limits]\nsteps = 9\nsteps = 9\n",
    b"a = " + b"[" * 50_000,
    b"#" * 1_000_000,
]


@pytest.mark.parametrize("broken", BROKEN, ids=range(len(BROKEN)))
async def test_a_broken_edit_keeps_the_last_good_one(tmp_path: Path, start: Start, broken: bytes) -> None:
    file = tmp_path / "dispatch.toml"
    write(file, '[limits]\nsteps = 6\n[permissions.shell]\n"rm *" = "deny"\n')
    watch = await start(file)
    before = watch.config.loaded.settings
    file.write_bytes(broken)
    loaded = await watch.until(lambda loaded: bool(loaded.problems))
    assert loaded.settings == before
    assert loaded.problems[0].place.file == file
    write(file, "[limits]\nsteps = 7\n")
    assert (await watch.steps(7)).problems == ()


@pytest.mark.parametrize("hostile", ["device", "pipe", "directory"])
async def test_a_hostile_file_keeps_the_last_good_one(tmp_path: Path, start: Start, hostile: str) -> None:
    file = tmp_path / "dispatch.toml"
    write(file, "[limits]\nsteps = 6\n")
    watch = await start(file)
    file.unlink()
    make: dict[str, Callable[[], None]] = {
        "device": lambda: file.symlink_to("/dev/zero"),
        "pipe": lambda: os.mkfifo(file),
        "directory": file.mkdir,
    }
    make[hostile]()
    loaded = await watch.until(lambda loaded: bool(loaded.problems))
    assert "not a regular file" in loaded.problems[0].text


async def test_one_broken_file_does_not_hold_the_other_back(tmp_path: Path, start: Start) -> None:
    user, project = tmp_path / "user.toml", tmp_path / "ws" / "dispatch.toml"
    write(user, "[limits]\nsteps = 100\n")
    write(project, "[limits]\ndepth = 2\n")
    watch = await start(user, project)
    write(project, "[limits]\ndepth = ")
    await watch.until(lambda loaded: bool(loaded.problems))
    write(user, "[limits]\nsteps = 90\n")
    loaded = await watch.steps(90)
    assert loaded.settings.limits.depth == 2
    assert [problem.place.file for problem in loaded.problems] == [project]


async def test_many_saves_are_few_reloads_and_the_last_wins(tmp_path: Path, start: Start) -> None:
    file = tmp_path / "dispatch.toml"
    write(file, "")
    watch = await start(file)
    for steps in range(1001, 1201):
        file.write_text(f"[limits]\nsteps = {steps}\n")
    reloads = 0
    while (await watch.reloads.get()).settings.limits.steps != 1200:
        reloads += 1
    assert reloads < 50


async def test_the_same_again_is_not_told(tmp_path: Path, start: Start) -> None:
    file = tmp_path / "dispatch.toml"
    write(file, "[limits]\nsteps = 8\nfoo = 1\n")
    watch = await start(file)
    write(file, "[limits]\nsteps = 8\nfoo = 1\n")
    await watch.config.reload()
    assert watch.reloads.empty()


async def test_trust_is_a_reload(tmp_path: Path, start: Start) -> None:
    user, project = tmp_path / "user.toml", tmp_path / "dispatch.toml"
    write(project, '[lsp.servers.mine]\ncommand = ["mine"]\n')
    watch = await start(user, project, trusted=False)
    assert watch.config.loaded.settings.lsp.servers == {}
    await watch.config.trust(True)
    assert list(watch.reloads.get_nowait().settings.lsp.servers) == ["mine"]
    await watch.config.trust(False)
    assert watch.config.loaded.settings.lsp.servers == {}


async def test_a_listener_that_fails_does_not_end_the_watch(tmp_path: Path) -> None:
    file = tmp_path / "dispatch.toml"
    seen: asyncio.Queue[int] = asyncio.Queue()

    def listen(loaded: Loaded) -> None:
        seen.put_nowait(loaded.settings.limits.steps)
        raise RuntimeError("no")

    config = Watched(file, None, trusted=True, on_reload=listen)
    await config.start()
    for steps in (1, 2):
        write(file, f"[limits]\nsteps = {steps}\n")
        while await seen.get() != steps:
            pass
    await config.close()
