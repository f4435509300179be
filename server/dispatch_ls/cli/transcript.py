"""A conversation as it streams, printed once from top to bottom."""

from pydantic import JsonValue
from rich.console import Console
from rich.text import Text

from dispatch_ls.cli.flow import Flow
from dispatch_ls.protocol.base import JsonObject
from dispatch_ls.protocol.events import Delta, Event, EventType
from dispatch_ls.protocol.items import (
    Blob,
    CallStatus,
    DiagnosticChange,
    MessageItem,
    NoticeItem,
    ToolCallItem,
    ToolKind,
)

PREVIEW = 14
"""Lines shown of a tool's output."""

_STYLES = {"text": "", "thought": "dim italic"}
_DIFF = {"+": "green", "-": "red", "@": "cyan"}
_HEADER = ("diff --git", "index ", "--- ", "+++ ")
_MARKS = {
    CallStatus.COMPLETED: ("✓", "green"),
    CallStatus.FAILED: ("✗", "red"),
    CallStatus.DENIED: ("⊘", "red"),
    CallStatus.CANCELLED: ("■", "yellow"),
    CallStatus.INTERRUPTED: ("■", "yellow"),
}


class Transcript:
    """Takes the events and deltas of one session, in order; what deltas showed is not printed again."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._items: dict[str, JsonObject] = {}
        self._shown: dict[tuple[str, str], str] = {}
        self._open: tuple[str, str] | None = None
        self._flow = Flow(console, "")
        self._announced: set[str] = set()

    def delta(self, delta: Delta) -> None:
        """Text that streams; one that does not fit what is shown is left to the event that heals it."""
        if delta.field not in ("text", "thought") or delta.item_id not in self._items:
            return
        key = (delta.item_id, delta.field)
        if _units(self._shown.get(key, "")) == delta.offset:
            self._write(key, delta.text)

    def event(self, event: Event) -> None:
        """Something that happened to the session."""
        if event.item_id is not None and event.type in (EventType.ITEM_UPDATED, EventType.ITEM_COMPLETED):
            item = self._items[event.item_id] = merged(self._items.get(event.item_id, {}), event.data)
            self._show(event.item_id, item, completed=event.type == EventType.ITEM_COMPLETED)

    def end_line(self) -> None:
        """What comes next starts a line of its own."""
        if self._open is not None:
            self._flow.end()
            self._open = None

    def _show(self, item_id: str, item: JsonObject, *, completed: bool) -> None:
        match item.get("kind"):
            case "message" if item.get("role") == "user":
                self._show_user(MessageItem.model_validate(item))
            case "message":
                self._catch_up((item_id, "text"), item.get("text"), completed=completed)
            case "thought":
                self._catch_up((item_id, "thought"), item.get("text"), completed=completed)
            case "tool_call":
                self._show_call(item_id, ToolCallItem.model_validate(item))
            case "notice":
                notice = NoticeItem.model_validate(item)
                self._line(Text(f"! {notice.text}", style="red" if notice.level == "error" else "yellow"))

    def _show_user(self, message: MessageItem) -> None:
        self._line(Text.assemble(("› ", "bold cyan"), (message.text, "bold")))

    def _catch_up(self, key: tuple[str, str], text: JsonValue, *, completed: bool) -> None:
        shown = self._shown.get(key, "")
        if isinstance(text, str) and text.startswith(shown) and len(text) > len(shown):
            self._write(key, text[len(shown) :])
        if completed and self._open == key:
            self.end_line()

    def _write(self, key: tuple[str, str], text: str) -> None:
        if self._open != key:
            self.end_line()
            self._console.print()
            self._open = key
            self._flow = Flow(self._console, _STYLES[key[1]])
        self._shown[key] = self._shown.get(key, "") + text
        self._flow.write(text)

    def _show_call(self, item_id: str, call: ToolCallItem) -> None:
        if call.status.ended:
            self._line(_row(call))
            self._show_result(call)
        elif (
            call.status is CallStatus.RUNNING and call.tool_kind is ToolKind.EXECUTE and item_id not in self._announced
        ):
            self._announced.add(item_id)
            self._line(Text.assemble(("● ", "cyan"), call.title))

    def _show_result(self, call: ToolCallItem) -> None:
        if call.diff:
            self._show_diff(_text(call.diff))
        elif call.tool_kind is not ToolKind.READ or call.status is not CallStatus.COMPLETED:
            self._console.print(Text(_preview(_text(call.output)), style="dim"), soft_wrap=True)
        if call.diagnostics is not None:
            self._show_change(call.diagnostics)

    def _show_diff(self, diff: str) -> None:
        for line in diff.rstrip("\n").splitlines():
            if not line.startswith(_HEADER):
                self._console.print(Text(f"  {line}", style=_DIFF.get(line[:1], "dim")), soft_wrap=True)

    def _show_change(self, change: DiagnosticChange) -> None:
        counts = f"{len(change.fixed)} fixed, {len(change.new)} new, {change.unchanged} as before"
        style = "red" if change.new else "green"
        self._console.print(Text(f"  problems: {counts} ({change.status})", style=style), soft_wrap=True)

    def _line(self, text: Text) -> None:
        self.end_line()
        self._console.print(text, soft_wrap=True)


def merged(item: JsonObject, update: JsonObject) -> JsonObject:
    """The item after an event: what is left out stays, `append` adds to texts."""
    found = {**item, **update}
    appended = found.pop("append", None)
    for name, text in appended.items() if isinstance(appended, dict) else ():
        found[name] = f"{found.get(name) or ''}{text}"
    return found


def _row(call: ToolCallItem) -> Text:
    mark, colour = _MARKS[call.status]
    code = "" if call.exit_code is None else f"  exit code {call.exit_code}"
    said = "" if call.status is CallStatus.COMPLETED else f"  {call.status}"
    return Text.assemble((f"{mark} ", colour), call.title, (code + said, "green" if call.exit_code == 0 else "red"))


def _text(value: str | Blob) -> str:
    return value.head if isinstance(value, Blob) else value


def _preview(text: str) -> str:
    lines = text.strip("\n").splitlines()
    kept = lines if len(lines) <= PREVIEW else [*lines[: PREVIEW - 1], f"… {len(lines) - PREVIEW + 1} more lines"]
    return "\n".join(f"  {line}" for line in kept)


def _units(text: str) -> int:
    """Its length in UTF-16 units, which offsets on the wire count."""
    return len(text.encode("utf-16-le")) // 2
