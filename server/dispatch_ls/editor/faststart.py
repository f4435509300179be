"""Loading lsprotocol in half the time: its 554 attrs classes are compiled once a machine, not at each start.

attrs writes source for every class and compiles it; that is most of what a server does before it can answer
`initialize`. The code objects are kept in the cache directory, by the text they came from. Without the file, or with
one that is damaged or could have been written by somebody else, attrs compiles as ever.
"""

import __future__

import contextlib
import gc
import hashlib
import marshal
import os
import sys
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import CodeType

_Codes = dict[bytes, CodeType]

_FLAGS = __future__.annotations.compiler_flag
"""attrs' module, whose `compile` is stood in for, is written under this future."""


class CompileCache:
    """Stands in for attrs' `compile` while `in_use`; `save` keeps what was new."""

    def __init__(self, directory: Path | None) -> None:
        self._file = directory / f"attrs-{sys.implementation.cache_tag}.bin" if directory else None
        # the text says all but the Python that compiles it, attrs' version included
        self._python = sys.version.encode()
        self._codes = _load(self._file) if self._file else {}
        self._new = False

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """Import within this; the collector rests meanwhile, since nothing that is loaded is garbage."""
        import attr._make as made  # the module attrs really is; `attrs` is its newer face

        collecting = gc.isenabled()
        gc.disable()
        vars(made)["compile"] = self._compile
        try:
            yield
        finally:
            del vars(made)["compile"]
            if collecting:
                gc.enable()

    def save(self) -> None:
        """Write the cache if it has grown; a directory that cannot be written costs speed only."""
        if not self._new or not self._file:
            return
        with contextlib.suppress(OSError):
            _store(self._file, self._codes)
        self._new = False

    def _compile(self, script: str, filename: str, mode: str) -> CodeType:
        key = hashlib.blake2b(b"\0".join((self._python, filename.encode(), script.encode())), digest_size=16).digest()
        code = self._codes.get(key)
        if code is None:
            code = compile(script, filename, mode, flags=_FLAGS, dont_inherit=True)
            self._codes[key] = code
            self._new = True
        return code


def _load(file: Path) -> _Codes:
    try:
        with file.open("rb") as opened:
            if not _ours_alone(os.fstat(opened.fileno())):
                return {}
            data = opened.read()
        if zlib.crc32(data[4:]).to_bytes(4, "big") != data[:4]:
            return {}
        codes = marshal.loads(data[4:])
    except (OSError, ValueError, EOFError, TypeError):
        return {}
    return codes if isinstance(codes, dict) else {}


def _ours_alone(status: os.stat_result) -> bool:
    """Code that another user could have written is not run."""
    return not hasattr(os, "getuid") or (status.st_uid == os.getuid() and not status.st_mode & 0o022)


def _store(file: Path, codes: _Codes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    data = marshal.dumps(codes)
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=file.name)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(zlib.crc32(data).to_bytes(4, "big") + data)
        Path(name).replace(file)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
