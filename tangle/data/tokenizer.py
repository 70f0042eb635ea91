"""Text as numbers, and numbers as text: bytes, or GPT-2's vocabulary."""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
import tiktoken
from numpy.typing import NDArray

from tangle.data.download import announce

Vocabulary = Literal["bytes", "gpt2"]
END_OF_TEXT = "<|endoftext|>"

_UNKNOWN = 4210  # GPT-2's token of the replacement character
_PIECE = 1 << 20  # characters, so that a large text need not be a list of Python's integers at once
_BREAK = re.compile(r"(?<=\S)\n(?=\S)")


@dataclass(frozen=True)
class Tokenizer:
    """Encodes and decodes text by one of two vocabularies.

    `bytes` are those of UTF-8, with byte 0, which text does not use, for the end of a text. `gpt2`
    is the byte-pair encoding of GPT-2 as tiktoken computes it.

    Args:
        vocabulary: `bytes` or `gpt2`.
    """

    vocabulary: Vocabulary

    def __post_init__(self) -> None:
        if self.vocabulary not in ("bytes", "gpt2"):
            raise ValueError(f"tokens is {self.vocabulary!r}; it must be bytes or gpt2")

    @property
    def vocab_size(self) -> int:
        """Number of tokens, that of the end of a text among them."""
        return 256 if self.vocabulary == "bytes" else 50257

    @property
    def end_of_text(self) -> int:
        """The token that ends a text."""
        return 0 if self.vocabulary == "bytes" else 50256

    def encode(self, text: str) -> NDArray[np.uint16]:
        """Tokens [T] of a text, without one for its end.

        Raises:
            ConnectionError: if GPT-2's vocabulary is neither at hand nor within reach.
        """
        if self.vocabulary == "bytes":
            return np.frombuffer(text.encode("utf-8"), np.uint8).astype(np.uint16)
        encoding = _gpt2()
        parts = [encoding.encode_ordinary(piece) for piece in _pieces(text, _PIECE)]
        return np.concatenate([np.asarray(part, np.uint16) for part in parts])

    def decode(self, ids: list[int]) -> str:
        """The text of tokens; what is no text becomes a replacement character.

        That goes for broken UTF-8, and for GPT-2's tokens above 50,256, with which a network may
        fill its vocabulary up.

        Raises:
            ValueError: if a token is no byte, where bytes are the vocabulary.
        """
        if self.vocabulary == "gpt2":
            return _gpt2().decode([id_ if id_ < self.vocab_size else _UNKNOWN for id_ in ids])
        if max(ids, default=0) > 255:
            raise ValueError(
                f"the token {max(ids)} is no byte: tokens is bytes, and the network's vocabulary "
                "is larger; set tokens to gpt2, if it was trained on that"
            )
        return bytes(ids).replace(b"\0", END_OF_TEXT.encode()).decode("utf-8", errors="replace")


def _pieces(text: str, length: int) -> Iterator[str]:
    """Cuts a text into pieces of at least `length` characters, whose tokens are those of the whole.

    GPT-2's encoding never joins a single line feed to what surrounds it, so a cut behind one that
    stands between two characters that are not white space changes nothing.
    """
    start = 0
    while len(text) - start > length and (found := _BREAK.search(text, start + length)):
        yield text[start : found.end()]
        start = found.end()
    yield text[start:]


_SOURCE = "https://openaipublic.blob.core.windows.net/gpt-2/encodings/main"
_FILES = ("vocab.bpe", "encoder.json")


@cache
def _gpt2() -> tiktoken.Encoding:
    folder = _vocabulary_folder()
    if not _is_kept(folder):
        announce("GPT-2's vocabulary", "1.5 MB", _SOURCE, folder)
    try:
        return tiktoken.get_encoding("gpt2")
    except (OSError, ValueError) as error:
        raise ConnectionError(
            "GPT-2's vocabulary could not be read. tokens gpt2 fetches it once, two files of "
            f"together 1.5 MB ({' and '.join(_FILES)}) from {_SOURCE}, "
            f"and keeps them in {folder}. Run it once with a network; or copy that folder from a "
            "machine where it has run, and set the environment variable TIKTOKEN_CACHE_DIR to it; "
            f"or set tokens to bytes, which needs no file. The cause: {error}"
        ) from error


def _vocabulary_folder() -> Path:
    folder = os.environ.get("TIKTOKEN_CACHE_DIR") or os.environ.get("DATA_GYM_CACHE_DIR")
    return Path(folder or Path(tempfile.gettempdir()) / "data-gym-cache")


def _is_kept(folder: Path) -> bool:
    # tiktoken names what it keeps by a digest of where it came from.
    digests = [hashlib.sha1(f"{_SOURCE}/{name}".encode()).hexdigest() for name in _FILES]
    return all((folder / digest).is_file() for digest in digests)
