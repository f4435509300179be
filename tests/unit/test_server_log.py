"""The log keeps no secret and is its owner's alone."""

import logging
from pathlib import Path

import pytest

from dispatch_ls.editor.logs import PrivateFile, Redacting, redact

SECRETS = {
    "key sk-ant-REDACTED failed": "sk-ant-REDACTED",
    "Authorization: Bearer abc.def-ghi": "abc.def-ghi",
    '{"api_key": "q9v8b7n6m5"}': "q9v8b7n6m5",
    "OPENAI_API_KEY=hunter2hunter2": "hunter2hunter2",
    "https://user:pa55word@host/path": "pa55word",
    "AKIAIOSFODNN7EXAMPLE": "AKIAIOSFODNN7EXAMPLE",
    "ghp_aBcDeFgHiJkLmNoPqRsTuVwXyZ012345": "ghp_aBcDeFgHiJkLmNoPqRsTuVwXyZ012345",
    "-----BEGIN PRIVATE KEY-----\nMIIEv\n-----END PRIVATE KEY-----": "MIIEv",
}


@pytest.mark.parametrize(("text", "secret"), SECRETS.items(), ids=list(SECRETS.values()))
def test_secrets_are_blacked_out(text: str, secret: str) -> None:
    assert secret not in redact(text)
    assert "[redacted]" in redact(text)


@pytest.mark.parametrize("text", ["1,234 tokens used", "opened file:///home/me/a.py", "risk-free desk_1234567890"])
def test_plain_words_stay(text: str) -> None:
    assert redact(text) == text


def test_tracebacks_and_arguments_are_redacted_and_the_files_are_private(tmp_path: Path) -> None:
    handler = PrivateFile(tmp_path / "server.log", maxBytes=150, backupCount=1, encoding="utf-8")
    handler.setFormatter(Redacting("%(message)s"))
    for _ in range(4):
        error = RuntimeError("refused sk-test-0123456789abcdef")
        handler.emit(logging.LogRecord("x", 40, "f", 1, "with %s", ("token=abcdefgh",), (type(error), error, None)))
    handler.close()
    files = sorted(tmp_path.iterdir())
    assert len(files) == 2
    for file in files:
        assert "0123456789abcdef" not in file.read_text()
        assert "abcdefgh" not in file.read_text()
        assert file.stat().st_mode & 0o077 == 0
