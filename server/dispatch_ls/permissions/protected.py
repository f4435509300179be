"""Files that are asked about each time, whatever is allowed (PERM-6): they run programs, change rules or hold secrets.

Names are compared as a careless file system or reader would: without case, accents, invisible and look-alike letters.
"""

import unicodedata
from collections.abc import Iterable
from pathlib import Path

from dispatch_ls.permissions.wildcards import matches, matches_parts

_RUNS = [
    ".git",
    "git~1",
    ".dispatch",
    ".skills",
    ".agents",
    ".vscode",
    ".idea",
    ".zed",
    ".husky",
    ".claude",
    ".codex",
    ".gemini",
    ".cursor",
    ".opencode",
    ".github/workflows",
    ".config/git",
    ".config/fish",
    ".config/nvim",
    ".config/systemd",
    ".local/bin",
    "dispatch.toml",
    "agents.md",
    "claude.md",
    "gemini.md",
    "*.code-workspace",
    ".nvim.lua",
    ".nvimrc",
    ".exrc",
    ".vimrc",
    ".envrc",
    ".mcp.json",
    ".gitconfig",
    ".gitmodules",
    ".npmrc",
    ".pypirc",
    ".bashrc",
    ".bash_profile",
    ".bash_login",
    ".bash_logout",
    ".bash_aliases",
    ".profile",
    ".zshrc",
    ".zshenv",
    ".zprofile",
    ".zlogin",
    ".zlogout",
    ".inputrc",
    ".xprofile",
    ".xinitrc",
]

_SECRETS = [
    ".ssh",
    ".gnupg",
    ".aws",
    ".azure",
    ".kube",
    ".config/gcloud",
    ".config/gh",
    ".docker/config.json",
    ".netrc",
    ".git-credentials",
    ".npmrc",
    ".pypirc",
    ".pgpass",
    "*.pem",
    "*.key",
    "*.p12",
    "*.pfx",
    "id_rsa",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
    ".env*",
]

_HARMLESS = (".env.example", ".env.sample", ".env.template", ".env.dist")

_LOOK_ALIKE = str.maketrans("ıȷɡⅼаеорсухіјѕԁԛԝһոսαορντυ", "ijglaeopcyxijsdqwhnuaopvtu")


def written(path: Path, own: Iterable[Path] = ()) -> str | None:
    """Why writing a file is asked about each time; None where it is not. `own` are directories of Dispatch itself."""
    if _is_own(path, own):
        return "Dispatch keeps its own files there"
    if _listed(path, _RUNS):
        return "it can run programs, or change what agents may do"
    return "it can hold secrets" if _listed(path, _SECRETS) else None


def read(path: Path, own: Iterable[Path] = ()) -> str | None:
    """Why reading a file is asked about; None where it is not."""
    if _is_own(path, own):
        return "Dispatch keeps its own files there"
    if _skeleton(path.name) in _HARMLESS:
        return None
    return "it can hold secrets" if _listed(path, _SECRETS) else None


def _listed(path: Path, table: Iterable[str]) -> bool:
    parts = tuple(_skeleton(part) for part in path.parts)
    return any(_is_in(parts, entry) for entry in table)


def _is_in(parts: tuple[str, ...], entry: str) -> bool:
    if "/" not in entry:
        if "*" not in entry:
            return entry in parts
        return any(matches(entry, part) for part in parts)
    return matches_parts(("**", *entry.split("/"), "**"), parts)


def _skeleton(name: str) -> str:
    """What a name looks like: one form for `.GIT`, `.git.`, `.g\u200bit`, `dıspatch.toml`."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFC", name)).casefold().translate(_LOOK_ALIKE)
    seen = "".join(letter for letter in folded if unicodedata.category(letter) not in ("Mn", "Cf", "Cc"))
    return seen.rstrip(". ") or seen


def _is_own(path: Path, own: Iterable[Path]) -> bool:
    return any(path.is_relative_to(directory) for directory in own)
