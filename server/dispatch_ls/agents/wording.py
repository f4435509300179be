"""What the model reads of a user's message, and a conversation's title. Pure: equal content gives equal bytes."""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from dispatch_ls.protocol.items import (
    Content,
    DiagnosticContent,
    FileContent,
    Problem,
    SelectionContent,
    TextContent,
)

TITLE_LENGTH = 60


def text_of(content: Sequence[Content], workspace: Path) -> str:
    """The message as one text: attachments first, as blocks that name their source, then what the user wrote."""
    blocks = [_block(part, workspace) for part in content if not isinstance(part, TextContent)]
    words = [part.text for part in content if isinstance(part, TextContent)]
    return "\n\n".join(block for block in [*blocks, *words] if block)


def words_of(content: Sequence[Content]) -> str:
    """Only what the user wrote."""
    return "\n\n".join(part.text for part in content if isinstance(part, TextContent))


def title_of(content: Sequence[Content], workspace: Path) -> str:
    """A title for a conversation that starts with this message: its problem, else its first line, cut at a word."""
    problems = [part.problem for part in content if isinstance(part, DiagnosticContent)]
    if problems:
        text = f"{Path(name_of(problems[0].uri, workspace)).name}: {problems[0].message.strip()}"
    else:
        text = words_of(content).strip() or text_of(content, workspace).strip()
    line = text.splitlines()[0].strip() if text else "New conversation"
    if len(line) <= TITLE_LENGTH:
        return line
    return line[:TITLE_LENGTH].rsplit(" ", 1)[0] + "…"


def _block(part: Content, workspace: Path) -> str:
    match part:
        case SelectionContent():
            start, end = part.range.start.line + 1, part.range.end.line + 1
            return f"Selected in {name_of(part.uri, workspace)}, lines {start} to {end}:\n```\n{part.text}\n```"
        case DiagnosticContent():
            return f"Problem: {problem_line(part.problem, workspace)}"
        case FileContent():
            return f"Attached: {name_of(part.uri, workspace) if part.uri else part.mime_type or part.type}"
        case TextContent():
            return part.text


def problem_line(problem: Problem, workspace: Path) -> str:
    """One problem on one line, as compilers print it."""
    code = f" [{problem.code}]" if problem.code else ""
    source = f" ({problem.source})" if problem.source else ""
    place = f"{name_of(problem.uri, workspace)}:{problem.line}:{problem.column}"
    return f"{place}: {problem.severity}: {problem.message}{code}{source}"


def name_of(uri: str, workspace: Path) -> str:
    """What tools call the file: its path within the workspace, else its whole path; what is no file keeps its URI."""
    parts = urlsplit(uri)
    if parts.scheme != "file":
        return uri
    path = Path(unquote(parts.path))
    return str(path.relative_to(workspace)) if path.is_relative_to(workspace) else str(path)
