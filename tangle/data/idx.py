"""A check of idx files, the format of the MNIST family, before a reader trips over them."""

import struct
from math import prod
from pathlib import Path


def check_idx(path: Path) -> None:
    """Raises an error that names the file unless it is a whole idx file of bytes.

    Args:
        path: an uncompressed idx file: two zero bytes, the type (8: unsigned byte), the number of
            dimensions, each dimension as a big-endian 32-bit integer, the values.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is of another format, or its size is not the one its header announces.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing")
    size = path.stat().st_size
    with path.open("rb") as file:
        magic = file.read(4)
        num_dims = magic[3] if len(magic) == 4 else 0
        dims = file.read(4 * num_dims)
    if magic[:3] != b"\0\0\x08" or num_dims == 0:
        raise ValueError(
            f"{path} ({size:,} bytes) is no idx file of bytes; is it still compressed? Delete it "
            "and download it again"
        )
    header = 4 + 4 * num_dims
    expected = (
        header + prod(struct.unpack(f">{num_dims}I", dims)) if len(dims) == header - 4 else header
    )
    if size != expected:
        raise ValueError(
            f"{path} has {size:,} bytes where its header announces {expected:,}: it is "
            f"{'truncated' if size < expected else 'too long'}. Delete it and download it again"
        )
