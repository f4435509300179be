"""What the editor shows is what counts, and changes go through it."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from support.conversation import new_session, say_and_wait
from support.lsp_client import LspClient

Start = Callable[..., Awaitable[LspClient]]

TEXT = "eins\r\nzwei 🦊 drei\r\n\x0cvier\u2028fünf\nsechs"


class Editor:
    """An editor that applies edits to one file, as it does with its user's."""

    def __init__(self, client: LspClient, file: Path, text: str) -> None:
        self.client = client
        self.uri = file.as_uri()
        self.text = text
        self.version = 1
        self.asked: list[Any] = []
        item = {"uri": self.uri, "languageId": "text", "version": 1, "text": text}
        client.notify("textDocument/didOpen", {"textDocument": item})

    def change(self, text: str, place: tuple[int, int, int, int] | None = None, new: str = "") -> None:
        """Type: `text` is the whole after it, `new` what replaces the place."""
        self.text, self.version = text, self.version + 1
        change: dict[str, Any] = {"text": text}
        if place:
            start, end = (dict(zip(("line", "character"), place[i : i + 2], strict=True)) for i in (0, 2))
            change = {"range": {"start": start, "end": end}, "text": new}
        named = {"uri": self.uri, "version": self.version}
        self.client.notify("textDocument/didChange", {"textDocument": named, "contentChanges": [change]})

    def apply(self, params: Any) -> Any:
        """`workspace/applyEdit`."""
        self.asked.append(params)
        change = params["edit"]["documentChanges"][0]
        if change["textDocument"] != {"uri": self.uri, "version": self.version}:
            return {"applied": False}
        lines = self.text.split("\n")
        for edit in reversed(change["edits"]):
            start, end = edit["range"]["start"], edit["range"]["end"]
            assert start["character"] == 0
            before = "".join(line + "\n" for line in lines[: start["line"]])
            rest = "\n".join(lines[end["line"] :])
            units = rest.encode("utf-16-le")[2 * end["character"] :].decode("utf-16-le")
            self.text = before + edit["newText"] + units
            lines = self.text.split("\n")
        self.change(self.text)
        return {"applied": True}


EDITING = {"workspace": {"applyEdit": True, "workspaceEdit": {"documentChanges": True}}}


@pytest.fixture
async def editing(start: Start, workspace: Path) -> LspClient:
    client = await start()
    await client.initialize(workspace, capabilities=EDITING)
    return client


async def test_the_host_follows_the_editors_text_in_utf16(editing: LspClient, workspace: Path) -> None:
    session = await new_session(editing)
    editor = Editor(editing, workspace / "a.txt", TEXT)
    editor.change(TEXT.replace("drei", "3"), (1, 8, 1, 12), "3")
    editor.change(editor.text.replace("fünf", "5"), (2, 6, 2, 10), "5")
    editor.change(editor.text + "!", (3, 99, 9, 9), "!")
    editing.notify("textDocument/didSave", {"textDocument": {"uri": editor.uri}})
    editing.notify("textDocument/didClose", {"textDocument": {"uri": editor.uri}})
    told = await say_and_wait(editing, session, "overlay")
    assert told.split("|") == [
        f"opened a.txt 1 {TEXT!r}",
        f"changed a.txt 2 {TEXT.replace('drei', '3')!r}",
        f"changed a.txt 3 {TEXT.replace('drei', '3').replace('fünf', '5')!r}",
        f"changed a.txt 4 {editor.text!r}",
        "saved a.txt",
        "closed a.txt",
    ]


async def test_what_was_open_before_the_host_was_there_is_told_too(start: Start, workspace: Path) -> None:
    client = await start()
    client.begin(
        "initialize",
        {"rootUri": workspace.as_uri(), "capabilities": {"experimental": {"dispatch": {"protocolVersion": 1}}}},
    )
    client.notify("initialized", {})
    Editor(client, workspace / "a.txt", "early")
    assert await say_and_wait(client, await new_session(client), "overlay") == "opened a.txt 1 'early'"


async def test_a_change_goes_through_the_editor_in_few_edits(editing: LspClient, workspace: Path) -> None:
    lines = [f"line {number}\n" for number in range(100)]
    editor = Editor(editing, workspace / "a.txt", "".join(lines))
    editing.answers["workspace/applyEdit"] = editor.apply
    session = await new_session(editing)
    assert (await say_and_wait(editing, session, "edit a.txt 5 V")).startswith("applied=True")
    assert editor.text == "".join(lines).replace("5", "V")
    edits = editor.asked[0]["edit"]["documentChanges"][0]["edits"]
    assert sum(len(edit["newText"]) for edit in edits) == sum(len(line) for line in lines if "5" in line)


async def test_unsaved_text_is_dirty_and_saved_text_is_not(editing: LspClient, workspace: Path) -> None:
    (workspace / "a.txt").write_bytes(b"one")
    editor = Editor(editing, workspace / "a.txt", "one")
    editing.answers["workspace/applyEdit"] = editor.apply
    session = await new_session(editing)
    assert await say_and_wait(editing, session, "edit a.txt x y") == "applied=Truedirty=False"
    editor.change("two")
    assert (await say_and_wait(editing, session, "edit a.txt x y")).endswith("dirty=True")


async def test_a_file_reopened_with_changes_of_last_time_is_dirty(editing: LspClient, workspace: Path) -> None:
    (workspace / "a.txt").write_bytes(b"on disk")
    Editor(editing, workspace / "a.txt", "kept by the editor")
    session = await new_session(editing)
    assert (await say_and_wait(editing, session, "edit a.txt x y")).endswith("dirty=True")


async def test_an_editor_that_refuses_or_has_moved_on_is_believed(editing: LspClient, workspace: Path) -> None:
    editor = Editor(editing, workspace / "a.txt", "one")
    session = await new_session(editing)
    editing.answers["workspace/applyEdit"] = lambda _: {"applied": False}
    assert (await say_and_wait(editing, session, "edit a.txt one two")).startswith("applied=False")

    def type_first(params: Any) -> Any:
        editor.change("one and more")
        return editor.apply(params)

    editing.answers["workspace/applyEdit"] = type_first
    assert (await say_and_wait(editing, session, "edit a.txt one two")).startswith("applied=False")
    assert editor.text == "one and more"

    def close_it(params: Any) -> Any:
        editing.notify("textDocument/didClose", {"textDocument": {"uri": editor.uri}})
        return {"applied": True}

    editing.answers["workspace/applyEdit"] = close_it
    assert (await say_and_wait(editing, session, "edit a.txt one two")).startswith("applied=False")
    assert (await say_and_wait(editing, session, "edit a.txt one two")) == "applied=Falsedirty=None"


async def test_an_open_file_is_found_by_any_of_its_names(editing: LspClient, workspace: Path) -> None:
    (workspace / "real.txt").write_text("one")
    (workspace / "link.txt").symlink_to(workspace / "real.txt")
    editor = Editor(editing, workspace / "link.txt", "one")
    editing.answers["workspace/applyEdit"] = editor.apply
    assert (await say_and_wait(editing, await new_session(editing), "edit real.txt one two")).startswith("applied=True")
    assert editor.text == "two"


async def test_an_editor_that_applies_no_edits_is_not_asked(start: Start, workspace: Path) -> None:
    client = await start()
    await client.initialize(workspace)
    Editor(client, workspace / "a.txt", "one")
    assert (await say_and_wait(client, await new_session(client), "edit a.txt one two")).startswith("applied=False")
    assert client.said("workspace/applyEdit") == []
