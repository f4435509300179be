"""Reading: numbered lines of files of any size and kind, nothing of their bytes hidden."""

import hashlib
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch_ls.tools import lines, read_file_slice
from dispatch_ls.tools.lines import excerpt
from dispatch_ls.tools.read_file_slice import cut_out
from dispatch_ls.tools.reading import Digest, digest_of
from support.tools import Desk

pieces = st.lists(
    st.sampled_from([b"a", "é🎉".encode(), b"\n", b"\r\n", b"\r", b"\xff", b"long line ", b"\xef\xbb\xbf"])
)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files come in pieces of four bytes, so that every boundary falls everywhere."""
    monkeypatch.setattr(lines, "CHUNK", 4)
    monkeypatch.setattr(read_file_slice, "CHUNK", 4)


async def test_lines_are_numbered_and_the_bytes_are_told(desk: Desk) -> None:
    desk.put("plain.txt", "one\n\ttwo  \n")
    assert await desk.done("read_file", path="plain.txt") == "1\tone\n2\t\ttwo  "
    desk.put("dos.txt", b"\xef\xbb\xbfone\r\ntwo")
    assert await desk.done("read_file", path="dos.txt") == (
        "1\tone\n2\ttwo\n[CRLF line ends, UTF-8 byte-order mark, no newline at the end]"
    )
    desk.put("mixed.txt", b"one\r\ntwo\nthree\nfour\n")
    assert "mixed LF and CRLF line ends" in await desk.done("read_file", path="mixed.txt")
    desk.put("empty.txt", b"")
    assert await desk.done("read_file", path="empty.txt") == "[empty file]"
    desk.put("latin.txt", "caf\xe9\n".encode("latin-1"))
    assert await desk.done("read_file", path="latin.txt") == "1\tcaf\\xe9"


async def test_a_range_of_lines(desk: Desk) -> None:
    desk.put("n.txt", "".join(f"line {n}\n" for n in range(1, 101)))
    assert (
        await desk.done("read_file", path="n.txt", start_line=99) == "99\tline 99\n100\tline 100\n[lines 99-100 of 100]"
    )
    said = await desk.done("read_file", path="n.txt", start_line=2, end_line=3)
    assert said == "2\tline 2\n3\tline 3\n[lines 2-3 of 100]"
    assert "has 100 lines; start_line 101 is past its end" in await desk.failed(
        "read_file", path="n.txt", start_line=101
    )
    assert "comes before" in await desk.failed("read_file", path="n.txt", start_line=5, end_line=4)


async def test_a_long_file_is_given_in_parts_that_join_without_a_gap(desk: Desk) -> None:
    content = "".join(f"line number {n}\n" for n in range(1, 5001))
    desk.put("long.txt", content)
    start, got = 1, []
    while True:
        said = await desk.done("read_file", path="long.txt", start_line=start)
        *numbered, note = said.split("\n")
        got += [line.split("\t", 1)[1] for line in numbered]
        if "go on with start_line=" not in note:
            break
        start = int(note.rsplit("=", 1)[1].rstrip("]"))
    assert "\n".join(got) + "\n" == content


async def test_fifty_megabytes_on_one_line(desk: Desk) -> None:
    desk.put("big.json", b"[" + b"123456789," * 5_000_000 + b"0]\nlast\n")
    said = await desk.done("read_file", path="big.json")
    assert len(said) < 2_500
    assert "[line of 50,000,003 bytes; the rest: read_file_slice line=1 start=2001]" in said
    assert said.endswith("2\tlast")
    said = await desk.done("read_file_slice", path="big.json", line=1, start=49_999_992)
    assert said == "123456789,0]\n[characters 49999992-50000003 of 50,000,003, line 1]"
    assert await desk.done("read_file_slice", path="big.json", line=2, start=2, length=2) == (
        "as\n[characters 2-3 of 4, line 2]"
    )
    assert "has no line 3" in await desk.failed("read_file_slice", path="big.json", line=3)
    assert "past its end" in await desk.failed("read_file_slice", path="big.json", line=2, start=9)


async def test_what_can_not_be_read_says_what_would_work(desk: Desk) -> None:
    desk.put("src/server.py", "x")
    desk.put("logo.png", b"\x89PNG\r\n\x1a\n\0\0")
    assert await desk.failed("read_file", path="src/servr.py") == "src/servr.py does not exist. Near it: server.py."
    assert "src/ is the deepest part" in await desk.failed("read_file", path="src/nope/x.py")
    assert "is a binary file" in await desk.failed("read_file", path="logo.png")
    assert "is a binary file" in await desk.failed("read_file_slice", path="logo.png", line=3)
    assert await desk.failed("read_file", path="src") == "src is a directory; list it with list_files."


async def test_a_missing_file_outside_names_no_other(desk: Desk) -> None:
    desk.gate.outside = True
    (desk.outside / "secret.txt").write_text("x")
    assert "secret" not in (await desk.failed("read_file", path="../secre.txt")).replace("secre.txt", "")


@pytest.mark.usefixtures("small_chunks")
@given(parts=pieces, first=st.integers(1, 6), span=st.integers(0, 5))
@settings(max_examples=300, deadline=None)
def test_an_excerpt_is_the_lines_of_the_file_however_it_is_cut(parts: list[bytes], first: int, span: int) -> None:
    data = b"".join(parts)
    found = excerpt(io.BytesIO(data), first, first + span, width=6, budget=10_000)
    whole = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    if whole[-1] == b"":
        whole.pop()
    body = [line.removesuffix(b"\r") for line in whole]
    if not data.endswith(b"\n") and body:
        body[-1] = whole[-1]  # a \r that no \n follows is part of the line
    wanted = list(enumerate(body, 1))[first - 1 : first + span]
    assert [(line.number, line.start) for line in found.lines] == [(number, line[:6]) for number, line in wanted]
    assert (found.total, found.crlf, found.bom) == (len(body), data.count(b"\r\n"), data.startswith(b"\xef\xbb\xbf"))
    assert found.digest == digest_of(data)


@pytest.mark.usefixtures("small_chunks")
@given(parts=pieces, number=st.integers(1, 4), start=st.integers(1, 9), length=st.integers(1, 9))
@settings(max_examples=300, deadline=None)
def test_a_slice_is_a_part_of_the_line_however_it_is_cut(
    parts: list[bytes], number: int, start: int, length: int
) -> None:
    data = b"".join(parts)
    whole = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    found = cut_out(io.BytesIO(data), number, start, length)
    if number > len(whole) or (number == len(whole) and whole[-1] == b""):
        assert found.length is None
        return
    ended = number < len(whole)
    line = (whole[number - 1].removesuffix(b"\r") if ended else whole[number - 1]).decode("utf-8", "backslashreplace")
    assert (found.text, found.length) == (line[start - 1 : start - 1 + length], len(line))


@given(
    parts=st.lists(st.sampled_from([b"a", b"\r", b"\n", b"\xef", b"\xbb", b"\xbf"]), max_size=12),
    cut=st.integers(0, 12),
)
def test_a_digest_does_not_see_line_ends_marks_or_pieces(parts: list[bytes], cut: int) -> None:
    data = b"".join(parts)
    bare = data.removeprefix(b"\xef\xbb\xbf")
    digest = Digest()
    digest.update(data[:cut])
    digest.update(data[cut:])
    assert digest.value() == hashlib.blake2b(bare.replace(b"\r\n", b"\n"), digest_size=16).hexdigest()
    assert digest_of(data + b"b") != digest_of(data + b"c")
