"""Long values kept apart from events, read in pieces."""

import sqlite3

from dispatch_ls.protocol.base import new_id
from dispatch_ls.protocol.errors import NotFound
from dispatch_ls.protocol.items import Blob
from dispatch_ls.protocol.methods import BlobPart, ReadBlob
from dispatch_ls.protocol.sessions import WORKSPACE

HEAD_CHARACTERS = 2000
LONGEST_CHARACTER = 4
"""Bytes of UTF-8."""


def put(connection: sqlite3.Connection, session_id: str, data: bytes) -> Blob:
    """Store a value; the caller holds the transaction. NotFound without the session."""
    known = connection.execute("SELECT 1 FROM sessions WHERE session_id = ?", (session_id,)).fetchone()
    if known is None and session_id != WORKSPACE:
        raise NotFound(f"there is no session {session_id}")
    blob = blob_of(data)
    connection.execute(
        "INSERT INTO blobs (blob_id, session_id, bytes) VALUES (?, ?, ?)", (blob.blob_id, session_id, data)
    )
    return blob


def blob_of(data: bytes) -> Blob:
    """How a value is named in an event: a fresh id, its size, and how it begins."""
    head = _whole_characters(data, HEAD_CHARACTERS).decode("utf-8", "replace")
    return Blob(blob_id=new_id("blob"), size=len(data), head=head)


def read(connection: sqlite3.Connection, wanted: ReadBlob) -> BlobPart:
    """A piece that ends with a whole character, so up to three bytes more than asked. NotFound without the blob."""
    row = connection.execute("SELECT id, length(bytes) FROM blobs WHERE blob_id = ?", (wanted.blob_id,)).fetchone()
    if row is None:
        raise NotFound(f"there is no blob {wanted.blob_id}")
    with connection.blobopen("blobs", "bytes", row[0], readonly=True) as stored:
        offset = min(wanted.offset, row[1])
        stored.seek(offset)
        piece = _whole_characters(stored.read(wanted.length + LONGEST_CHARACTER - 1), wanted.length)
    return BlobPart(text=piece.decode("utf-8", "replace"), offset=offset, next_offset=offset + len(piece), size=row[1])


def _whole_characters(data: bytes, length: int) -> bytes:
    end = min(length, len(data))
    while end < min(len(data), length + LONGEST_CHARACTER - 1) and _continues(data[end]):
        end += 1
    return data[:end]


def _continues(byte: int) -> bool:
    return byte & 0b1100_0000 == 0b1000_0000
