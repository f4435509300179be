"""`dispatch-ls demo`: an agent fixes a real type error, driven as an editor drives it."""

import asyncio
import contextlib
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dispatch_ls.cli.client import Lost, Refused
from dispatch_ls.cli.editor import Editor, Failed
from dispatch_ls.cli.project import CHECKER, Project, Tests, checker_found
from dispatch_ls.cli.terminal import Interrupted, Terminal
from dispatch_ls.cli.transcript import Transcript
from dispatch_ls.protocol.events import Delta, Event, EventType, TurnEnded
from dispatch_ls.protocol.items import Problem, Severity
from dispatch_ls.protocol.methods import PermissionReply, QuestionReply
from dispatch_ls.protocol.permissions import Permission, Question
from dispatch_ls.protocol.sessions import StopReason

INTERRUPTED = 130
"""Exit code after Ctrl-C."""


def demo(*, yes: bool, model: str | None, keep: bool) -> int:
    """Run it; 0 only if the error is gone and the sample's tests pass."""
    console = Console(highlight=False)
    try:
        check_needs(yes=yes)
        with directory(keep=keep) as base:
            project = Project.lay_out(base)
            code = asyncio.run(Demo(console, project, Terminal(console, yes=yes), model).run())
            if keep:
                console.print(Text(f"The project is kept in {project.root}", style="dim"), soft_wrap=True)
            return code
    except (Failed, Refused, Lost) as error:
        console.print(Text(str(error), style="bold red"), soft_wrap=True)
        return 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        return INTERRUPTED


def check_needs(*, yes: bool) -> None:
    """What has to be there; raises `Failed` before anything is started."""
    if not yes and not sys.stdin.isatty():
        raise Failed("The agent will ask for permission and nobody is at the terminal: run it in one, or with --yes.")
    if not checker_found():
        raise Failed(f"The demo needs {CHECKER}: install dispatch-ls[demo].")


@contextlib.contextmanager
def directory(*, keep: bool) -> Iterator[Path]:
    """Where the project is laid out; gone afterwards unless it is to be kept."""
    if keep:
        yield Path(tempfile.mkdtemp(prefix="dispatch-demo-"))
        return
    with tempfile.TemporaryDirectory(prefix="dispatch-demo-") as name:
        yield Path(name)


class Demo:
    """One run: problems before, the conversation, problems after, the tests."""

    def __init__(self, console: Console, project: Project, terminal: Terminal, model: str | None) -> None:
        self._console = console
        self._project = project
        self._terminal = terminal
        self._model = model
        self._transcript = Transcript(console)
        self._session: str | None = None
        self._cancelling: asyncio.Task[None] | None = None

    async def run(self) -> int:
        """The whole of it; the exit code."""
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, self._interrupt, asyncio.current_task())
        async with Editor.open(self._project, scripted=self._model is None) as self._editor:
            error = await self._before()
            ended = await self._fix(error)
            if ended.stop_reason is StopReason.CANCELLED:
                self._console.print(Text("Stopped.", style="yellow"))
                return INTERRUPTED
            if ended.error:
                raise Failed(ended.error)
            return await self._after()

    async def _before(self) -> Problem:
        self._heading("Before")
        problems, tests = await self._state()
        error = next((one for one in problems if one.severity is Severity.ERROR), None)
        if error is None or tests.passed:
            raise Failed("The sample is not broken: there is nothing to fix.")
        return error

    async def _fix(self, error: Problem) -> TurnEnded:
        self._heading("Fix with Dispatch")
        if self._model is not None:
            await self._editor.use_model(self._model)
        self._session = await self._editor.fix(error)
        async for news in self._editor.follow(self._session):
            if isinstance(news, Delta):
                self._transcript.delta(news)
            elif (ended := await self._take(news)) is not None:
                return ended
        raise Failed("The conversation ended without a word.")

    async def _take(self, event: Event) -> TurnEnded | None:
        """Show an event and do what it asks for; what it says if it ends the turn."""
        self._transcript.event(event)
        if event.type == EventType.TURN_ENDED:
            self._transcript.end_line()
            return TurnEnded.model_validate(event.data)
        # interrupted: the turn is being cancelled, which answers all that is open
        with contextlib.suppress(Interrupted):
            if event.type == EventType.PERMISSION_REQUESTED:
                await self._permit(Permission.model_validate(event.data))
            elif event.type == EventType.QUESTION_ASKED:
                await self._answer(Question.model_validate(event.data))
        return None

    async def _permit(self, permission: Permission) -> None:
        self._transcript.end_line()
        chosen = await self._terminal.permit(permission)
        await self._editor.permit(
            PermissionReply(permission_id=permission.permission_id, decision=chosen.decision, scope=chosen.scope)
        )

    async def _answer(self, question: Question) -> None:
        self._transcript.end_line()
        answer = await self._terminal.answer(question)
        await self._editor.answer(QuestionReply(question_id=question.question_id, answer=answer))

    async def _after(self) -> int:
        self._heading("After")
        problems, tests = await self._state()
        if any(one.severity is Severity.ERROR for one in problems):
            raise Failed("The error is still there.")
        if not tests.passed:
            raise Failed("The tests still fail.")
        self._console.print(Text("The error is gone and the tests pass.", style="bold green"))
        return 0

    async def _state(self) -> tuple[list[Problem], Tests]:
        """What the server says now, and the tests; both shown."""
        waiting = self._console.status(f"{CHECKER} is looking …")
        with waiting if self._console.is_terminal else contextlib.nullcontext():
            problems = await self._editor.problems(self._project.file)
            tests = await asyncio.to_thread(self._project.test)
        self._show_problems(problems)
        mark, style = ("✓", "green") if tests.passed else ("✗", "red")
        self._console.print(Text(f"{mark} tests: {tests.summary}", style=style))
        return problems, tests

    def _interrupt(self, run: "asyncio.Task[int] | None") -> None:
        """Ctrl-C: the first cancels the turn, whose end ends the demo; before a turn, or once more, it ends at once."""
        if self._session is not None and self._cancelling is None:
            self._console.print()
            self._terminal.interrupt()
            self._cancelling = asyncio.create_task(self._editor.cancel(self._session))
        elif run is not None:
            run.cancel()

    def _heading(self, text: str) -> None:
        self._console.print()
        self._console.rule(Text(text, style="bold"), align="left", style="dim")

    def _show_problems(self, problems: list[Problem]) -> None:
        if not problems:
            self._console.print(Text(f"✓ {CHECKER}: no problems", style="green"))
            return
        table = Table(box=None, pad_edge=False, show_header=False)
        for one in problems:
            place = f"{Path(one.uri).name}:{one.line}:{one.column}"
            table.add_row(
                Text(f"✗ {one.severity}", style="red"), place, Text(one.message), Text(one.source, style="dim")
            )
        self._console.print(table)
