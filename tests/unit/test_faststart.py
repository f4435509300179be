"""The cache of compiled attrs classes: faster with it, the same without it or with a bad one."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import sys
from pathlib import Path
from dispatch_ls.editor.faststart import CompileCache
cache = CompileCache(Path(sys.argv[1]))
known = len(cache._codes)
with cache.in_use():
    from lsprotocol import types
cache.save()
position = types.Position(line=1, character=2)
print(known, position, position == types.Position(1, 2), len(cache._codes))
"""


def run(cache: Path) -> list[str]:
    done = subprocess.run([sys.executable, "-c", SCRIPT, str(cache)], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_the_second_start_compiles_nothing(tmp_path: Path) -> None:
    first, second = run(tmp_path / "cache"), run(tmp_path / "cache")
    assert first[0] == "0"
    assert second[0] == second[-1] == first[-1]
    assert first[1:] == second[1:]
    assert "True" in second


@pytest.mark.parametrize("damage", ["truncate", "flip", "empty", "foreign", "unwritable"])
def test_a_damaged_or_foreign_cache_is_not_used(tmp_path: Path, damage: str) -> None:
    good = run(tmp_path)
    file = next(tmp_path.glob("attrs-*"))
    data = bytearray(file.read_bytes())
    if damage == "truncate":
        file.write_bytes(data[: len(data) // 2])
    elif damage == "flip":
        data[len(data) // 2] ^= 0xFF
        file.write_bytes(data)
    elif damage == "empty":
        file.write_bytes(b"")
    elif damage == "foreign":
        file.chmod(0o666)
    else:
        file.unlink()
        tmp_path.rmdir()
        tmp_path.write_text("not a directory")
    assert run(tmp_path) == good
