"""The tools that every agent can be given."""

from pathlib import Path

from dispatch_ls.languages.pool import Languages
from dispatch_ls.processes.sandbox import Sandbox
from dispatch_ls.tools.changing import Changing
from dispatch_ls.tools.edit_file import EditFile
from dispatch_ls.tools.language_checker import LanguageChecker
from dispatch_ls.tools.list_files import ListFiles
from dispatch_ls.tools.lsp import Lsp
from dispatch_ls.tools.read_file import ReadFile
from dispatch_ls.tools.read_file_slice import ReadFileSlice
from dispatch_ls.tools.run_shell import RunShell
from dispatch_ls.tools.toolbox import Toolbox
from dispatch_ls.tools.write_file import WriteFile


def standard_toolbox(languages: Languages, workspace: Path, sandbox: Sandbox | None = None) -> Toolbox:
    """All tools of a workspace; `workspace` is its real path."""
    checker = LanguageChecker(languages, workspace)
    changing = Changing(checker)
    return Toolbox(
        [
            ReadFile(checker.warm),
            ReadFileSlice(),
            ListFiles(),
            WriteFile(changing),
            EditFile(changing),
            RunShell(checker.resync, sandbox=sandbox),
            Lsp(languages),
        ]
    )
