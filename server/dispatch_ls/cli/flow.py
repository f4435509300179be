"""Text that streams, broken between words at the edge of the terminal."""

import re

from rich.console import Console
from rich.text import Text

_PIECES = re.compile(r"\n|[^\S\n]+|\S+")


class Flow:
    """One text; its last word is held back until it is known to be whole."""

    def __init__(self, console: Console, style: str) -> None:
        self._console = console
        self._style = style
        self._column = 0
        self._blank = ""
        self._word = ""

    def write(self, text: str) -> None:
        """The next piece of the text."""
        for piece in _PIECES.findall(text):
            if piece.isspace():
                self._end_word()
                self._space(piece)
            else:
                self._word += piece

    def end(self) -> None:
        """The text is whole; what follows starts a line of its own."""
        self._end_word()
        self._print("\n")

    def _space(self, piece: str) -> None:
        if piece == "\n":
            self._print(piece)
            self._column, self._blank = 0, ""
        else:
            self._blank += piece

    def _end_word(self) -> None:
        if not self._word:
            return
        size = len(self._blank) + len(self._word)
        if self._column and self._column + size > self._console.width:
            # the blank at which a line is broken goes
            self._column, self._blank = 0, "\n"
        self._print(self._blank + self._word)
        self._column += size
        self._blank = self._word = ""

    def _print(self, text: str) -> None:
        self._console.print(Text(text, style=self._style), end="", soft_wrap=True)
