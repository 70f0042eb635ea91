import struct
from pathlib import Path

import pytest

from tangle.data.idx import check_idx


def idx(*dims: int, values: int) -> bytes:
    return b"\0\0\x08" + bytes([len(dims)]) + struct.pack(f">{len(dims)}I", *dims) + bytes(values)


def written(folder: Path, content: bytes) -> Path:
    path = folder / "some-idx"
    path.write_bytes(content)
    return path


def test_a_whole_file_passes(tmp_path: Path) -> None:
    check_idx(written(tmp_path, idx(3, 4, 5, values=60)))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            idx(3, 4, 5, values=59),
            r"some-idx has 75 bytes where its header announces 76: .*truncated",
        ),
        (idx(3, 4, 5, values=61), r"has 77 bytes where its header announces 76: .*too long"),
        (idx(3, 4, 5, values=0)[:9], r"has 9 bytes where its header announces 16: .*truncated"),
        (b"\x1f\x8b\x08\x08 gzip", r"\(9 bytes\) is no idx file .* still compressed"),
        (b"\0\0", r"\(2 bytes\) is no idx file"),
        (b"", r"\(0 bytes\) is no idx file"),
    ],
)
def test_a_damaged_file_is_named_with_its_sizes(
    tmp_path: Path, content: bytes, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        check_idx(written(tmp_path, content))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nothing is missing"):
        check_idx(tmp_path / "nothing")
