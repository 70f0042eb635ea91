"""Tokens on disk, mapped into memory: a header of 512 bytes, then little-endian uint16."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tangle.core.atomic import replacing

SUFFIX = ".tokens"
_HEADER = 512  # bytes: one line of JSON, filled up with spaces
_FORMAT = "tangle tokens 1"
_TOKEN = np.dtype("<u2")


@dataclass(frozen=True)
class TokenFile:
    """The tokens of one file; a process that gets it from another maps the file for itself.

    Args:
        path: where it is.
        vocabulary: what its numbers mean, `bytes` or `gpt2`.
        num_tokens: how many there are.
        source: a digest of what was tokenized.
    """

    path: Path
    vocabulary: str
    num_tokens: int
    source: str

    @cached_property
    def ids(self) -> NDArray[np.uint16]:
        """The tokens [num_tokens], read only."""
        return np.memmap(self.path, _TOKEN, "r", offset=_HEADER, shape=(self.num_tokens,))

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "ids"}

    @classmethod
    def open(cls, path: Path) -> "TokenFile":
        """The file at a path, its header checked.

        Raises:
            FileNotFoundError: if there is none.
            ValueError: if it is no token file, or not a whole one.
        """
        with path.open("rb") as file:
            header = _parse(file.read(_HEADER), path)
        made = cls(path, header["vocabulary"], header["num_tokens"], header["source"])
        held, expected = path.stat().st_size - _HEADER, made.num_tokens * _TOKEN.itemsize
        if held != expected:
            raise ValueError(
                f"{path} is damaged: it holds {held} bytes of tokens and its header tells of "
                f"{expected}; delete it, or copy it anew"
            )
        return made

    @classmethod
    def write(
        cls, path: Path, chunks: Iterable[NDArray[np.uint16]], *, vocabulary: str, source: str
    ) -> "TokenFile":
        """Writes tokens that come in chunks; under its name appears the whole file, or none."""
        num_tokens = 0
        with replacing(path) as temporary, temporary.open("wb") as file:
            file.write(b" " * _HEADER)
            for chunk in chunks:
                file.write(chunk.astype(_TOKEN, copy=False).tobytes())
                num_tokens += len(chunk)
            header = {"format": _FORMAT, "vocabulary": vocabulary, "num_tokens": num_tokens}
            file.seek(0)
            file.write(json.dumps({**header, "source": source}).encode())
            file.seek(_HEADER - 1)
            file.write(b"\n")
        return cls(path, vocabulary, num_tokens, source)


def _parse(header: bytes, path: Path) -> dict[str, Any]:
    try:
        parsed = json.loads(header)
        if len(header) == _HEADER and parsed["format"] == _FORMAT:
            return {name: kind(parsed[name]) for name, kind in _FIELDS.items()}
    except (ValueError, KeyError, TypeError):
        pass  # told below
    raise ValueError(
        f"{path} is no token file of this version: its first {_HEADER} bytes are not the header "
        f"{_FORMAT!r}; give the text itself, or a file that this version wrote"
    )


_FIELDS = {"vocabulary": str, "num_tokens": int, "source": str}
