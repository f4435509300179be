"""The generated schemas and TypeScript types say what the models say."""

from pathlib import Path

import pytest

from dispatch_ls.protocol import export
from dispatch_ls.protocol.events import EventType
from dispatch_ls.protocol.methods import METHODS, NEWS

ROOT = Path(__file__).resolve().parents[2]


def test_the_committed_files_are_up_to_date() -> None:
    assert export.stale(ROOT) == []


def test_a_stale_or_missing_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export.main(["--root", str(tmp_path)]) == 0
    assert export.main(["--check", "--root", str(tmp_path)]) == 0
    (tmp_path / export.TYPESCRIPT_FILE).write_text("// old\n")
    (tmp_path / export.SCHEMA_FILE).unlink()
    assert export.main(["--check", "--root", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert export.TYPESCRIPT_FILE in said
    assert export.SCHEMA_FILE in said


def test_every_method_news_and_event_is_in_both_files() -> None:
    text = export.files()[export.TYPESCRIPT_FILE]
    document = export.schema()
    for name in METHODS:
        assert f'"{name}": {{ params: ' in text
    assert list(METHODS) == list(document["methods"])  # type: ignore[arg-type]  # a JSON object
    assert list(NEWS) == list(document["news"])  # type: ignore[arg-type]  # a JSON object
    assert [str(event) for event in EventType] == list(document["events"])  # type: ignore[arg-type]  # a JSON object


def test_what_the_server_always_sends_is_not_optional_in_typescript() -> None:
    text = export.files()[export.TYPESCRIPT_FILE]
    assert "export interface Usage {\n  input: number;" in text
    assert "export interface CancelSession {\n  sessionId: string;\n  scope?: " in text
    assert "  on?: WaitingOn | null;" in text
