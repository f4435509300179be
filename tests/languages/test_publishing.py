"""Problems for an editor that has no server of its own (LANG-6), from a real one."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from dispatch_ls.languages.publishing import Publisher, When
from dispatch_ls.protocol.items import Problem, Severity
from support.languages import Project, project

BROKEN, SOUND = 'x: int = "text"\n', "x: int = 1\n"


class Editor:
    """Shows problems, and can be waited for."""

    def __init__(self) -> None:
        self.shown: asyncio.Queue[tuple[str, int]] = asyncio.Queue()

    def publish(self, uri: str, problems: Sequence[Problem]) -> None:
        self.shown.put_nowait((uri, sum(problem.severity is Severity.ERROR for problem in problems)))


@asynccontextmanager
async def publishing(
    made: Project, when: When = "auto", own: frozenset[str] | None = frozenset()
) -> AsyncIterator[tuple[Editor, Publisher]]:
    editor = Editor()
    publisher = Publisher(made.languages, editor, lambda: when, own)
    try:
        yield editor, publisher
    finally:
        await publisher.close()


def opened(made: Project, publisher: Publisher, text: str, version: int = 1) -> str:
    uri = (made.root / "a.py").as_uri()
    made.languages.opened(uri, version, text)
    publisher.changed(uri)
    return uri


async def test_unsaved_text_is_checked_and_closing_clears(tmp_path: Path) -> None:
    async with project(tmp_path, {"a.py": SOUND}) as made, publishing(made) as (editor, publisher):
        uri = opened(made, publisher, BROKEN)
        assert await editor.shown.get() == (uri, 1)
        opened(made, publisher, SOUND, 2)
        assert await editor.shown.get() == (uri, 0)
        opened(made, publisher, BROKEN, 3)
        assert await editor.shown.get() == (uri, 1)
        made.languages.closed(uri)
        publisher.closed(uri)
        assert await editor.shown.get() == (uri, 0)


async def test_an_agents_write_elsewhere_is_seen_in_the_open_file(tmp_path: Path) -> None:
    files = {"lib.py": "def f() -> int: ...\n", "a.py": ""}
    async with project(tmp_path, files) as made, publishing(made) as (editor, publisher):
        uri = opened(made, publisher, "from lib import f\nx: str = f()\n")
        assert await editor.shown.get() == (uri, 1)
        await made.write("lib.py", "def f() -> str: ...\n")
        assert await editor.shown.get() == (uri, 0)


async def test_an_editor_with_a_server_of_its_own_is_shown_nothing(tmp_path: Path) -> None:
    """Nor one that does not say: it would show everything twice. What is shown last tells that nothing came before."""
    async with project(tmp_path, {"a.py": SOUND}) as made:
        for own in (frozenset({"python"}), None):
            async with publishing(made, own=own) as (editor, publisher):
                opened(made, publisher, BROKEN)
                await made.check("a.py")
                assert editor.shown.empty()
        async with publishing(made, "never") as (editor, publisher):
            opened(made, publisher, BROKEN)
            await made.check("a.py")
            assert editor.shown.empty()


async def test_always_is_always(tmp_path: Path) -> None:
    async with project(tmp_path, {"a.py": SOUND}) as made, publishing(made, "always", frozenset({"python"})) as shown:
        editor, publisher = shown
        uri = opened(made, publisher, BROKEN)
        assert await editor.shown.get() == (uri, 1)
