"""What the agent last read of each file, so that a write never goes over a change it has not seen (PE-16)."""

import hashlib
from pathlib import Path

from dispatch_ls.protocol.errors import ToolFailed

BOM = b"\xef\xbb\xbf"


class Digest:
    """The hash of a text that comes in pieces. Line ends and the byte-order mark don't count: editors hide them."""

    def __init__(self) -> None:
        self._hash = hashlib.blake2b(digest_size=16)
        self._at_start = True
        self._held = b""

    def update(self, data: bytes) -> None:
        """Take the next piece."""
        data = self._held + data
        if self._at_start and len(data) < len(BOM):
            self._held = data  # may be the beginning of a mark
            return
        # a \r at the end may be half of a line end
        self._held = b"\r" if data.endswith(b"\r") else b""
        self._take(data.removesuffix(self._held))

    def value(self) -> str:
        """The hash of all pieces; nothing may follow."""
        self._take(self._held)
        return self._hash.hexdigest()

    def _take(self, data: bytes) -> None:
        if self._at_start:
            data = data.removeprefix(BOM)
            self._at_start = False
        self._hash.update(data.replace(b"\r\n", b"\n"))


def digest_of(data: bytes) -> str:
    """The hash of a whole text."""
    digest = Digest()
    digest.update(data)
    return digest.value()


class Readings:
    """What one session's agent has seen of each file."""

    def __init__(self) -> None:
        self._seen: dict[Path, str] = {}

    def saw(self, path: Path, digest: str) -> None:
        """The agent was shown the file, or wrote it."""
        self._seen[path] = digest

    def check_overwrite(self, path: Path, shown: str, digest: str) -> None:
        """Refuse to replace a whole file that the agent has not read, or that changed since."""
        if path not in self._seen:
            raise ToolFailed(f"{shown} exists and you have not read it. Read it first, or change it with edit_file.")
        self.check_change(path, shown, digest)

    def check_change(self, path: Path, shown: str, digest: str) -> None:
        """Refuse to change a file that changed since the agent last read it; one never read is no conflict."""
        if self._seen.get(path, digest) != digest:
            raise ToolFailed(f"{shown} changed since you read it; read it again.")
