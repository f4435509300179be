"""Reading and writing the files that a call was permitted, byte for byte."""

import asyncio
import errno
import io
import os
import stat
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar
from weakref import WeakValueDictionary

from dispatch_ls.protocol.errors import ToolFailed
from dispatch_ls.tools.atomic import replace_file
from dispatch_ls.tools.beneath import make_directories, open_beneath, open_root
from dispatch_ls.tools.buffers import Buffer, Buffers, NoBuffers
from dispatch_ls.tools.neighbours import not_found
from dispatch_ls.tools.places import Place
from dispatch_ls.tools.reading import BOM, digest_of

T = TypeVar("T")

EDITABLE = 10 * 1024 * 1024
"""Bytes of the largest file that is changed as a text."""

_PROBE = 8192
"""A NUL among so many first bytes makes a file binary, as git has it."""


@dataclass(frozen=True, slots=True)
class Document:
    """A text file as it is: line ends untouched, the byte-order mark apart, bytes that are not UTF-8 as surrogates."""

    text: str
    bom: bool
    buffer: Buffer | None = None

    @property
    def digest(self) -> str:
        """The hash by which a change is noticed."""
        return digest_of(BOM + encode(self.text))


@dataclass(frozen=True, slots=True)
class Written:
    """How a text got to its file; `notice` is for the user where the editor would not take it."""

    digest: str
    created: bool
    notice: str | None = None


class Files:
    """The files of a workspace. A view made by `approving` opens what one call was permitted and nothing else."""

    def __init__(self, buffers: Buffers | None = None) -> None:
        self.buffers = buffers or NoBuffers()
        self._locks: WeakValueDictionary[Path, asyncio.Lock] = WeakValueDictionary()
        self._reading: Collection[Path] = ()
        self._writing: Collection[Path] = ()
        self._own: Path | None = None

    def approving(self, *, reading: Collection[Path], writing: Collection[Path], own: Path) -> "Files":
        """A view for one call: the paths that the gate permitted, and the session's own directory for reading."""
        view = Files(self.buffers)
        view._locks = self._locks
        view._reading, view._writing, view._own = frozenset(reading), frozenset(writing), own
        return view

    def lock(self, place: Place) -> asyncio.Lock:
        """Who holds it is the only one that writes the file."""
        return self._locks.setdefault(place.path, asyncio.Lock())

    async def scan(self, place: Place, use: Callable[[BinaryIO], T]) -> T:
        """Let `use` read the file, in a thread; what the editor has open is read as it stands there."""
        self._may_read(place)
        buffer = self.buffers.text_of(place.path)
        return await asyncio.to_thread(self._scan, place, buffer, use)

    async def walk(self, place: Place, use: Callable[[int], T]) -> T:
        """Let `use` look around from a handle of the place's root, in a thread."""
        self._may_read(place)
        return await asyncio.to_thread(self._walk, place, use)

    async def load(self, place: Place) -> Document | None:
        """The text that is to be changed, or None where there is no file."""
        self._may_write(place)
        buffer = self.buffers.text_of(place.path)
        return await asyncio.to_thread(self._load, place, buffer)

    async def write(self, place: Place, text: str, before: Document | None) -> Written:
        """Put the text where `before` was, parents included: through the editor where it has the file open."""
        self._may_write(place)
        notice = None
        if before is not None and before.buffer is not None:
            if await self.buffers.apply(place.path, text, before.buffer.version):
                return Written(digest_of(BOM + encode(text)), created=False)
            notice = self._refused(place, before.buffer)
        data = (BOM if before is not None and before.bom else b"") + encode(text)
        await _uninterrupted(lambda: self._write(place, data))
        return Written(digest_of(data), created=before is None, notice=notice)

    def _refused(self, place: Place, buffer: Buffer) -> str:
        now = self.buffers.text_of(place.path)
        if now is not None and now.text != buffer.text:
            raise ToolFailed(f"{place.shown} changed since you read it; read it again.")
        return f"The editor did not take the change of {place.shown}, so it was written to the disk."

    def _may_read(self, place: Place) -> None:
        if place.root != self._own and not {place.path} & {*self._reading, *self._writing}:
            raise ToolFailed(_moved(place))

    def _may_write(self, place: Place) -> None:
        if place.path not in self._writing:
            raise ToolFailed(_moved(place))

    def _scan(self, place: Place, buffer: Buffer | None, use: Callable[[BinaryIO], T]) -> T:
        if buffer is not None:
            return use(io.BytesIO((BOM if self._has_bom(place) else b"") + encode(buffer.text)))
        with explained(place), self._open(place) as file:
            return use(file)

    def _walk(self, place: Place, use: Callable[[int], T]) -> T:
        with explained(place):
            root = open_root(place.root)
            try:
                return use(root)
            finally:
                os.close(root)

    def _load(self, place: Place, buffer: Buffer | None) -> Document | None:
        if buffer is not None:
            return Document(buffer.text, self._has_bom(place), buffer)
        try:
            with explained(place), self._open(place) as file:
                data = file.read(EDITABLE + 1)
        except _Missing:
            return None
        if len(data) > EDITABLE:
            raise ToolFailed(f"{place.shown} is over {EDITABLE // 2**20} MB; change it with run_shell.")
        if is_binary(data[:_PROBE]):
            raise ToolFailed(f"{place.shown} is a binary file; change or remove it with run_shell.")
        return Document(data.removeprefix(BOM).decode("utf-8", "surrogateescape"), data.startswith(BOM))

    def _write(self, place: Place, data: bytes) -> None:
        with explained(place):
            root = open_root(place.root)
            try:
                directory = make_directories(root, place.parts[:-1])
            finally:
                os.close(root)
            try:
                replace_file(directory, place.path.name, data)
            finally:
                os.close(directory)

    def _open(self, place: Place) -> BinaryIO:
        root = open_root(place.root)
        try:
            # O_NONBLOCK: opening a FIFO or a terminal must not wait for its other end
            handle = open_beneath(root, place.parts, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
        finally:
            os.close(root)
        mode = os.fstat(handle).st_mode
        if stat.S_ISREG(mode):
            return os.fdopen(handle, "rb")
        os.close(handle)
        if stat.S_ISDIR(mode):
            raise ToolFailed(f"{place.shown} is a directory; list it with list_files.")
        raise ToolFailed(f"{place.shown} is {kind_of(mode)}, not a regular file.")

    def _has_bom(self, place: Place) -> bool:
        try:
            with explained(place), self._open(place) as file:
                return file.read(len(BOM)) == BOM
        except ToolFailed:
            return False  # open in the editor, and nowhere else yet


class _Missing(ToolFailed):
    """There is no such file."""


@contextmanager
def explained(place: Place) -> Iterator[None]:
    """Turn the errors of the system into texts for the model."""
    try:
        yield
    except FileNotFoundError as error:
        raise _Missing(not_found(place)) from error
    except NotADirectoryError as error:
        raise _Missing(f"{place.shown}: a part of the path is not a directory.") from error
    except OSError as error:
        raise ToolFailed(_reason(place, error)) from error


def encode(text: str) -> bytes:
    """The bytes of a document's text."""
    return text.encode("utf-8", "surrogateescape")


def is_binary(start: bytes) -> bool:
    """Whether a file that starts so is no text."""
    return b"\0" in start


def kind_of(mode: int) -> str:
    """What a file that is not regular is."""
    kinds = {stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}
    return kinds.get(stat.S_IFMT(mode), "a special file")


def _reason(place: Place, error: OSError) -> str:
    match error.errno:
        case errno.ELOOP | errno.EXDEV:
            return f"{place.shown} goes through a symbolic link that changed meanwhile; nothing was done."
        case errno.ENXIO:
            return f"{place.shown} is a socket or device, not a regular file."
        case errno.ENOSPC | errno.EDQUOT:
            return f"The disk is full; {place.shown} was not written."
        case errno.EISDIR:
            return f"{place.shown} is a directory."
        case errno.ENAMETOOLONG:
            return "The path is too long."
        case _:
            return f"{place.shown}: {os.strerror(error.errno) if error.errno else error}."


def _moved(place: Place) -> str:
    return f"{place.shown} is not what was permitted: a symbolic link changed meanwhile. Try again."


async def _uninterrupted(work: Callable[[], T]) -> T:
    """Do it in a thread to its end, even where the call is cancelled: a lock must not be let go before."""
    task = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
