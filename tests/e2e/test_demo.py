"""`dispatch-ls demo`: the whole journey in a terminal."""

import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

DEMO = (sys.executable, "-m", "dispatch_ls", "demo")
PROMPT = b"  > "


def run(*arguments: str, temporary: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*DEMO, *arguments],
        env=environment(temporary),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def environment(temporary: Path) -> dict[str, str]:
    return {**os.environ, "TMPDIR": str(temporary), "COLUMNS": "100", "TERM": "xterm", "NO_COLOR": "1"}


class Person:
    """Somebody at a terminal."""

    def __init__(self, process: "subprocess.Popen[bytes]", terminal: int) -> None:
        self.process = process
        self.seen = b""
        self._terminal = terminal

    def read_until(self, text: bytes) -> None:
        """Wait for a text, or for the end."""
        while text not in self.seen and (more := self._more()):
            self.seen += more

    def answer(self, text: str) -> None:
        """Type an answer to the next prompt."""
        self.read_until(PROMPT)
        self.seen = self.seen.split(PROMPT, 1)[1]
        os.write(self._terminal, text.encode() + b"\n")

    def press_ctrl_c(self) -> None:
        """What the terminal sends then."""
        self.process.send_signal(signal.SIGINT)

    def read_all(self) -> str:
        """What is said until the end."""
        while more := self._more():
            self.seen += more
        return self.seen.decode()

    def _more(self) -> bytes:
        try:
            return os.read(self._terminal, 65536)
        except OSError:  # nobody has the other side any more
            return b""


@contextmanager
def person(*arguments: str, temporary: Path) -> Iterator[Person]:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*DEMO, *arguments],
        env=environment(temporary),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield Person(process, ours)
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def test_the_error_is_fixed_and_the_tests_pass(tmp_path: Path) -> None:
    ended = run("--yes", temporary=tmp_path)

    assert ended.returncode == 0, ended.stdout + ended.stderr
    before, _, rest = ended.stdout.partition("Fix with Dispatch")
    conversation, _, after = rest.partition("After")
    assert "orders.py:20:43" in before
    assert "FAILED" in before
    for shown in (
        "Edit shop/orders.py",
        "+    return Line(article=article, quantity=int(quantity)",
        "1 fixed, 0 new",
        "exit code 0",
    ):
        assert shown in conversation
    assert "no problems" in after
    assert list(tmp_path.iterdir()) == []


def test_nobody_at_the_terminal_is_said_at_once(tmp_path: Path) -> None:
    ended = run(temporary=tmp_path)

    assert ended.returncode == 1
    assert "--yes" in ended.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_project_can_be_kept(tmp_path: Path) -> None:
    ended = run("--yes", "--keep", temporary=tmp_path)

    assert ended.returncode == 0, ended.stdout
    [kept] = re.findall(r"kept in (\S+)", ended.stdout)
    assert "int(quantity)" in (Path(kept) / "shop/orders.py").read_text(encoding="utf-8")


def test_the_user_is_asked_and_what_is_allowed_happens(tmp_path: Path) -> None:
    with person(temporary=tmp_path) as user:
        user.answer("1")
        user.answer("1")
        said = user.read_all()

        assert user.process.wait() == 0, said
        assert "The error is gone and the tests pass." in said


@pytest.mark.parametrize("denial", ["deny", "end of input"])
def test_what_is_denied_does_not_happen(tmp_path: Path, denial: str) -> None:
    with person(temporary=tmp_path) as user:
        user.read_until(PROMPT)
        [number] = re.findall(rb"(\d)  Deny", user.seen)
        for _ in range(2):
            user.answer(number.decode() if denial == "deny" else "\x04")
        said = user.read_all()

        assert user.process.wait() == 1
        assert "The error is still there." in said
        assert "denied" in said


def test_ctrl_c_cancels_the_turn_and_ends(tmp_path: Path) -> None:
    with person(temporary=tmp_path) as user:
        user.read_until(PROMPT)
        user.press_ctrl_c()
        said = user.read_all()

        assert user.process.wait() == 130, said
        assert "Stopped." in said
    assert list(tmp_path.iterdir()) == []
