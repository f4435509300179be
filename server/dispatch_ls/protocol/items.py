"""Items: what a turn is made of, and what a user may put into a message."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from dispatch_ls.protocol.base import JsonObject, Wire


class ToolKind(StrEnum):
    """What a tool does, for icons and grouping."""

    READ = "read"
    EDIT = "edit"
    DELETE = "delete"
    MOVE = "move"
    SEARCH = "search"
    EXECUTE = "execute"
    THINK = "think"
    FETCH = "fetch"
    OTHER = "other"


class CallStatus(StrEnum):
    """Where a tool call stands; `interrupted`: the server died while it ran, outcome unknown."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    DENIED = "denied"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to the call."""
        return self not in (CallStatus.PENDING, CallStatus.RUNNING)


class TextContent(Wire):
    """Plain text."""

    type: Literal["text"] = "text"
    text: str


class FileContent(Wire):
    """A file or image that the user attached, by URI or inline (base64)."""

    type: Literal["file", "image"]
    uri: str | None = None
    data: str | None = None
    mime_type: str | None = None


class Position(Wire):
    """An LSP position: 0-based line, 0-based UTF-16 character."""

    line: int
    character: int


class Range(Wire):
    """An LSP range; `end` is exclusive."""

    start: Position
    end: Position


class SelectionContent(Wire):
    """What the user had selected in the editor."""

    type: Literal["selection"] = "selection"
    uri: str
    range: Range
    text: str = ""


class Severity(StrEnum):
    """LSP's four severities by name."""

    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"
    HINT = "hint"


class Problem(Wire):
    """One diagnostic as people and models read it: 1-based line and column (in code points)."""

    uri: str
    line: int
    column: int
    end_line: int | None = None
    end_column: int | None = None
    severity: Severity
    message: str
    source: str = ""
    code: str = ""


class DiagnosticContent(Wire):
    """A problem the user wants fixed or explained."""

    type: Literal["diagnostic"] = "diagnostic"
    problem: Problem


Content = Annotated[TextContent | FileContent | SelectionContent | DiagnosticContent, Field(discriminator="type")]


class Location(Wire):
    """A file that a tool call touched; `line` is 1-based."""

    uri: str
    line: int | None = None


class DiagnosticChange(Wire):
    """What a write did to the problems of the workspace (LANG-4)."""

    new: list[Problem] = []
    fixed: list[Problem] = []
    unchanged: int = 0
    status: str = ""
    """How far the answer can be trusted, such as `basedpyright fresh, ruff timeout`."""


class Blob(Wire):
    """A long value kept apart: read it by `dispatch/blob/read`. `size` is in bytes."""

    blob_id: str
    size: int
    head: str


class MessageItem(Wire):
    """What the user or the agent said."""

    kind: Literal["message"] = "message"
    role: Literal["user", "assistant"]
    text: str = ""
    attachments: list[Content] | None = None
    message_id: str | None = None
    truncated: bool | None = None
    """True where the text is not whole: cancelled or cut off by the provider."""


class ThoughtItem(Wire):
    """What the model thought aloud."""

    kind: Literal["thought"] = "thought"
    text: str = ""


class ToolCallItem(Wire):
    """One call of a tool, from the model's wish to the result it was given."""

    kind: Literal["tool_call"] = "tool_call"
    tool: str
    tool_kind: ToolKind = ToolKind.OTHER
    title: str = ""
    input: JsonObject = {}
    status: CallStatus = CallStatus.PENDING
    output: str | Blob = ""
    exit_code: int | None = None
    diff: str | Blob | None = None
    locations: list[Location] = []
    diagnostics: DiagnosticChange | None = None
    child_session_id: str | None = None


class NoticeItem(Wire):
    """Something Dispatch itself has to say in the thread."""

    kind: Literal["notice"] = "notice"
    level: Literal["info", "warning", "error"] = "info"
    text: str


class CompactionItem(Wire):
    """Where the older part of the conversation was replaced by a summary."""

    kind: Literal["compaction"] = "compaction"
    summary: str
    dropped_through: int


Item = Annotated[MessageItem | ThoughtItem | ToolCallItem | NoticeItem | CompactionItem, Field(discriminator="kind")]
