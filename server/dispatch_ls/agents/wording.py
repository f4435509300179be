"""What the model reads of a user's message, and a conversation's title. Pure: equal content gives equal bytes."""

from collections.abc import Sequence

from dispatch_ls.protocol.items import (
    Content,
    DiagnosticContent,
    FileContent,
    Problem,
    SelectionContent,
    TextContent,
)

TITLE_LENGTH = 60


def text_of(content: Sequence[Content]) -> str:
    """The message as one text: attachments first, as blocks that name their source, then what the user wrote."""
    blocks = [_block(part) for part in content if not isinstance(part, TextContent)]
    words = [part.text for part in content if isinstance(part, TextContent)]
    return "\n\n".join(block for block in [*blocks, *words] if block)


def words_of(content: Sequence[Content]) -> str:
    """Only what the user wrote."""
    return "\n\n".join(part.text for part in content if isinstance(part, TextContent))


def title_of(content: Sequence[Content]) -> str:
    """A title for a conversation that starts with this message: its first line, cut at a word."""
    text = words_of(content).strip() or text_of(content).strip()
    line = text.splitlines()[0].strip() if text else "New conversation"
    if len(line) <= TITLE_LENGTH:
        return line
    return line[:TITLE_LENGTH].rsplit(" ", 1)[0] + "…"


def _block(part: Content) -> str:
    match part:
        case SelectionContent():
            start, end = part.range.start.line + 1, part.range.end.line + 1
            return f"Selected in {part.uri}, lines {start} to {end}:\n```\n{part.text}\n```"
        case DiagnosticContent():
            return f"Problem: {problem_line(part.problem)}"
        case FileContent():
            return f"Attached: {part.uri or part.mime_type or part.type}"
        case TextContent():
            return part.text


def problem_line(problem: Problem) -> str:
    """One problem on one line, as compilers print it."""
    code = f" [{problem.code}]" if problem.code else ""
    source = f" ({problem.source})" if problem.source else ""
    return f"{problem.uri}:{problem.line}:{problem.column}: {problem.severity}: {problem.message}{code}{source}"
