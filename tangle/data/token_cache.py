"""A text is tokenized once; afterwards its token file is used."""

import hashlib
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress

from tangle.data.corpus import Corpus
from tangle.data.token_file import SUFFIX, TokenFile
from tangle.data.tokenizer import Tokenizer

_log = logging.getLogger(__name__)


def token_file(corpus: Corpus, tokenizer: Tokenizer, folder: Path | None = None) -> TokenFile:
    """The token file of a corpus, which is written unless it is there and the corpus unchanged.

    Each document is followed by one token that ends it. What a killed process left is removed; of
    several processes one writes and the others wait.

    Args:
        corpus: the documents.
        tokenizer: by which to encode them.
        folder: where token files are kept; None for `tangle/tokens` in the user's cache folder.

    Raises:
        PermissionError: if the folder cannot be written to.
        ValueError: if the corpus is empty.
    """
    folder = _default_folder() if folder is None else folder
    name = hashlib.sha256(corpus.name.encode()).hexdigest()[:16]
    path = folder / f"{tokenizer.vocabulary}-{name}{SUFFIX}"
    if (found := _current(path, corpus)) is not None:
        return found
    _make_writable(folder)
    with FileLock(path.with_suffix(".lock")):
        if (found := _current(path, corpus)) is not None:  # another process wrote it meanwhile
            return found
        for left in folder.glob(f".{path.stem}.*{SUFFIX}"):
            left.unlink()
        written = TokenFile.write(
            path,
            encode_documents(corpus, tokenizer),
            vocabulary=tokenizer.vocabulary,
            source=corpus.fingerprint,
        )
    _log.info("%d tokens in %s", written.num_tokens, path)
    return written


def encode_documents(corpus: Corpus, tokenizer: Tokenizer) -> Iterator[NDArray[np.uint16]]:
    """The tokens of each document, with the one that ends it; shows how far it is.

    Raises:
        ValueError: if there is no document.
    """
    end = np.array([tokenizer.end_of_text], np.uint16)
    is_empty = True
    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("Tokenizing", total=corpus.num_bytes)
        for document in corpus.documents():
            is_empty = False
            yield np.concatenate([tokenizer.encode(document), end])
            progress.advance(bar, len(document.encode()))
    if is_empty:
        raise ValueError(f"there is no text in {corpus.name}; give files that hold some")


def _current(path: Path, corpus: Corpus) -> TokenFile | None:
    if not path.is_file():
        return None
    try:
        found = TokenFile.open(path)
    except ValueError as error:
        _log.warning("Tokenizing again, as %s", error)
        return None
    return found if found.source == corpus.fingerprint else None


def _make_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        refusal = None if os.access(folder, os.W_OK) else "it is read-only"
    except OSError as error:
        refusal = str(error)
    if refusal is not None:
        raise PermissionError(
            f"token files cannot be written to {folder} ({refusal}); set token_folder to a folder "
            "that can be written to, with room for 2 bytes a token"
        )


def _default_folder() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "tangle" / "tokens"
