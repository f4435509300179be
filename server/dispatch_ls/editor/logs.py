"""The log: a rotating file in the state directory, readable by its owner alone, without secrets."""

import logging
import os
import re
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

MAX_BYTES = 4 * 1024 * 1024
KEPT = 3

_PREFIXES = (
    "sk|pk|rk|gsk|xai|key|tok|api|pplx|fw|csk|nvapi|hf|glpat|ghp|gho|ghu|ghs|ghr|github_pat|xoxa|xoxb|xoxp|xoxr|xoxs"
)
_NAMES = "api[-_]?key|authorization|secret|password|passwd|token|credential"
_SECRETS = re.compile(
    rf"""
    \b(?:{_PREFIXES})[-_][A-Za-z0-9_\-]{{8,}}
    | \bAKIA[0-9A-Z]{{16}}\b
    | \bAIza[0-9A-Za-z_\-]{{20,}}
    | \beyJ[A-Za-z0-9_\-]{{8,}}\.[A-Za-z0-9_\-]{{8,}}\.[A-Za-z0-9_\-]*
    | -----BEGIN\ [A-Z ]*PRIVATE\ KEY-----.*?(?:-----END\ [A-Z ]*PRIVATE\ KEY-----|\Z)
    | (?<=://)[^\s/:@]+:[^\s/@]+(?=@)
    | (?i:(?<=bearer\ )[^\s"',;]{{6,}})
    | (?i:(?:{_NAMES})["']?\s*[:=]\s*["']?(?:bearer\s+|basic\s+)?)(?P<value>[^\s"',;}}]{{4,}})
    """,
    re.VERBOSE | re.DOTALL,
)


def redact(text: str) -> str:
    """The text with whatever looks like a secret blacked out."""
    return _SECRETS.sub(_blacked_out, text)


def _blacked_out(match: re.Match[str]) -> str:
    value = match["value"]
    return "[redacted]" if value is None else match[0][: -len(value)] + "[redacted]"


class Redacting(logging.Formatter):
    """Redacts the whole line, arguments and traceback included."""

    def format(self, record: logging.LogRecord) -> str:
        """The line for the file."""
        return redact(super().format(record))


class ToEditor(logging.Handler):
    """Warnings and errors for the editor's own log view (`window/logMessage`); the traceback stays in the file."""

    def __init__(self, send: Callable[[int, str], None]) -> None:
        super().__init__(logging.WARNING)
        self._send = send

    def emit(self, record: logging.LogRecord) -> None:
        """Pass on one line, as LSP's `MessageType` and text."""
        self._send(1 if record.levelno >= logging.ERROR else 2, redact(record.getMessage()))


class PrivateFile(RotatingFileHandler):
    """A log file of mode 0600, rotations too."""

    def _open(self) -> TextIO:  # type: ignore[override]  # the stub names the wrapper class
        return os.fdopen(
            os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8"
        )


def set_up(directory: Path) -> None:
    """Log to `server.log` in the directory; an unwritable one costs the log, not the server."""
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    # pygls logs whole bodies at INFO, keys and file contents among them
    logging.getLogger("pygls").setLevel(logging.WARNING)
    logging.raiseExceptions = False
    root.addHandler(_file(directory) or logging.NullHandler())


def _file(directory: Path) -> logging.Handler | None:
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        handler = PrivateFile(directory / "server.log", maxBytes=MAX_BYTES, backupCount=KEPT, encoding="utf-8")
    except OSError:
        return None
    handler.setFormatter(Redacting("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"))
    return handler
