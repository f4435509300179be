"""The user at the terminal: asked one thing at a time, or answered for."""

import asyncio
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from dispatch_ls.protocol.permissions import Decision, Permission, PermissionOption, Question, Scope

_SCOPES = {Scope.ONCE: "once", Scope.SESSION: "for this session", Scope.ALWAYS: "always"}


class Interrupted(Exception):
    """The user pressed Ctrl-C instead of answering."""


class Terminal:
    """Asks on the console and reads standard input; with `yes` nobody is asked."""

    def __init__(self, console: Console, *, yes: bool) -> None:
        self._console = console
        self._yes = yes
        self._typing: asyncio.Future[str] | None = None

    def interrupt(self) -> None:
        """Whoever waits for an answer gets `Interrupted`."""
        if self._typing is not None and not self._typing.done():
            self._typing.set_exception(Interrupted())

    async def permit(self, permission: Permission) -> PermissionOption:
        """Which of the request's answers the user chose; the end of the input denies."""
        self._console.print(
            Text.assemble(("? ", "bold yellow"), (permission.title, "bold"), ("  " + permission.reason, "dim"))
        )
        self._console.print(Text(f"  {permission.operation} {permission.target}", style="yellow"), soft_wrap=True)
        options = permission.options
        if self._yes:
            chosen = next(one for one in options if one.decision is Decision.ALLOW)
            self._console.print(Text(f"  allowed {_SCOPES[chosen.scope]} (--yes)", style="yellow"))
            return chosen
        number = await self._choose([one.label for one in options])
        denied = PermissionOption(decision=Decision.DENY, scope=Scope.ONCE, label="Deny")
        return denied if number is None else options[number]

    async def answer(self, question: Question) -> str:
        """The user's answer to the agent's question; its first choice where nobody is asked."""
        self._console.print(Text.assemble(("? ", "bold yellow"), question.text))
        choices = question.choices or []
        if self._yes:
            return choices[0] if choices else "yes"
        if not choices:
            return (await self._line("  > ")).strip()
        number = await self._choose(choices)
        return choices[number or 0]

    async def _choose(self, labels: Sequence[str]) -> int | None:
        for number, label in enumerate(labels, 1):
            self._console.print(Text(f"  {number}  {label}"))
        while line := await self._line("  > "):
            if line.strip().isdigit() and 1 <= int(line) <= len(labels):
                return int(line) - 1
            self._console.print(f"  A number from 1 to {len(labels)}, please.")
        return None

    async def _line(self, prompt: str) -> str:
        """A line of standard input, empty at its end. Read by the loop: Ctrl-C stays answered meanwhile."""
        self._console.print(Text(prompt, style="bold"), end="")
        loop = asyncio.get_running_loop()
        self._typing = loop.create_future()
        loop.add_reader(sys.stdin, _take_line, self._typing)
        try:
            return await self._typing
        finally:
            loop.remove_reader(sys.stdin)


def _take_line(typed: "asyncio.Future[str]") -> None:
    if not typed.done():
        typed.set_result(sys.stdin.readline())
