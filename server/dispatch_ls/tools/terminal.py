"""Output of commands as plain text: no escape sequences, no overwritten lines."""

import codecs
import re

_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|\][^\x07\x1b]*(?:\x07|\x1b\\)"  # OSC: titles, links, clipboard
    r"|[PX^_][^\x1b]*\x1b\\"  # DCS and other strings
    r"|[ -/]*[0-OQ-WYZ\\`a-~])"  # two-letter sequences, but for the beginnings of those above
)
_UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b]{0,4096}\x1b?|[ -/]*)$")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f]")
_OVERWRITTEN = re.compile(r"[^\r\n]*\r(?=[^\r\n])")


class PlainText:
    """Turns output that comes in pieces into text, whatever it is cut in."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._held = ""

    def feed(self, data: bytes, *, final: bool = False) -> str:
        """The text of the next piece; what may be half a sequence waits for the next one."""
        text = self._held + self._decoder.decode(data, final)
        text = _ESCAPES.sub("", text)
        self._held = ""
        if not final and (unfinished := _UNFINISHED.search(text)):
            self._held, text = unfinished[0], text[: unfinished.start()]
        return _CONTROLS.sub("", text)


def plain(data: bytes) -> str:
    """The text of a whole output; of a line that was written over and over, its last state."""
    return _OVERWRITTEN.sub("", PlainText().feed(data, final=True))
