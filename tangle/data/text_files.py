"""The user's own text."""

import logging
from pathlib import Path

import numpy as np

from tangle.data.bilevel import BilevelDataModule
from tangle.data.corpus import FileCorpus
from tangle.data.sources import Sources
from tangle.data.text_sources import divided_sources, text_sources
from tangle.data.token_cache import encode_documents, token_file
from tangle.data.token_file import SUFFIX, TokenFile
from tangle.data.token_windows import TokenArray, Tokens
from tangle.data.tokenizer import Tokenizer, Vocabulary
from tangle.data.topics import PythonTopics

_log = logging.getLogger(__name__)


class TextFiles(BilevelDataModule):
    """Text files, or a folder of them, to train a language model on.

    The text is tokenized once, into a file that is mapped into memory, and again when the text has
    changed; each document ends with a token that says so. It is cut into windows without overlap,
    and a batch is `block_size` tokens and those that follow each of them, both `[B, block_size]`;
    an epoch is one pass over the windows of the weight part. Parts are made of stretches of
    windows, a hundredth of the text each.

    Without a path it is the language reference that comes with Python, 0.5 MB of English.

    Args:
        path: a UTF-8 text file, a folder of them, or a token file (`.tokens`) that was made before.
        tokens: `bytes` for UTF-8 bytes, with byte 0 for the end of a document, or `gpt2` for the
            50,257 tokens of GPT-2, which need one download of 1.5 MB.
        block_size: length of an input, tokens.
        test_path: like `path`, to test on.
        test_fraction: share of the windows of `path`, in (0, 1), to test on where `test_path` is
            not given; the same ones for every seed.
        separator: a line that stands between two documents in a file, like <|endoftext|>; none:
            each file is one.
        pattern: of the names of files in a folder.
        token_folder: where token files are kept; none for `tangle/tokens` in the user's cache
            folder (`XDG_CACHE_HOME`, or `~/.cache`).
        batch_size: see `BilevelDataModule`, like all that follow.
        arch_fraction: share of the training windows that train the architecture.
        val_fraction: share of the training windows kept for validation.
        seed: of split and order.
        num_workers: processes that make batches; 0 is fast.
        drop_last: makes every weight batch exactly `batch_size`.
    """

    def __init__(
        self,
        path: str | Path | None = None,
        tokens: Vocabulary = "bytes",
        block_size: int = 128,
        *,
        test_path: str | Path | None = None,
        test_fraction: float = 0.1,
        separator: str | None = None,
        pattern: str = "*.txt",
        token_folder: str | Path | None = None,
        batch_size: int = 16,
        arch_fraction: float = 0.5,
        val_fraction: float = 0.1,
        seed: int = 0,
        num_workers: int = 0,
        drop_last: bool = False,
    ) -> None:
        super().__init__(
            batch_size=batch_size,
            arch_fraction=arch_fraction,
            val_fraction=val_fraction,
            seed=seed,
            num_workers=num_workers,
            drop_last=drop_last,
        )
        if block_size < 1:
            raise ValueError(f"block_size is {block_size}; it must be at least 1 token")
        if not 0 < test_fraction < 1:
            raise ValueError(f"test_fraction is {test_fraction}; it must lie in (0, 1)")
        if path is None and test_path is not None:
            raise ValueError(f"test_path is {test_path} but path is not set; set both, or path")
        self.tokenizer = Tokenizer(tokens)
        self.block_size = block_size
        self.path = _place(path)
        self.test_path = _place(test_path)
        self.test_fraction = test_fraction
        self.separator = separator
        self.pattern = pattern
        self.token_folder = _place(token_folder)

    @property
    def vocab_size(self) -> int:
        """Number of tokens in the vocabulary."""
        return self.tokenizer.vocab_size

    def prepare_data(self) -> None:
        """Tokenizes the text; Lightning calls this in one process per machine."""
        for path in (self.path, self.test_path):
            if path is not None:
                self._tokens(path)

    def load(self) -> Sources:
        """The windows of the token files.

        Raises:
            ValueError: if a file is both trained and tested on, or a text does not fit the options.
        """
        if self.path is None:
            topics = TokenArray(np.concatenate([*encode_documents(PythonTopics(), self.tokenizer)]))
            _log.warning(
                "TextFiles without a path: %d tokens of the language reference of this Python",
                len(topics.ids),
            )
            return divided_sources(topics, self.block_size, self.test_fraction)
        tokens = self._tokens(self.path)
        if self.test_path is None:
            return divided_sources(tokens, self.block_size, self.test_fraction)
        both = set(self._files(self.path)) & set(self._files(self.test_path))
        if both:
            raise ValueError(
                f"{min(both)} is in path ({self.path}) and in test_path ({self.test_path}), so "
                "what is tested on would be trained on; give two that share no file"
            )
        return text_sources(tokens, self._tokens(self.test_path), self.block_size)

    def _files(self, path: Path) -> list[Path]:
        return [file.resolve() for file in FileCorpus(path, self.pattern).files]

    def _tokens(self, path: Path) -> Tokens:
        if path.suffix != SUFFIX:
            corpus = FileCorpus(path, self.pattern, self.separator)
            return token_file(corpus, self.tokenizer, self.token_folder)
        file = TokenFile.open(path)
        if file.vocabulary != self.tokenizer.vocabulary:
            raise ValueError(
                f"{path} holds tokens of the vocabulary {file.vocabulary}, but tokens is "
                f"{self.tokenizer.vocabulary}; set tokens to {file.vocabulary}, or give the text"
            )
        return file


def _place(path: str | Path | None) -> Path | None:
    return None if path is None else Path(path).expanduser()
