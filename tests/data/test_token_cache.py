import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tangle.data.corpus import FileCorpus
from tangle.data.token_cache import token_file
from tangle.data.tokenizer import Tokenizer

BYTES = Tokenizer("bytes")


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("one\n--\ntwo\n--\n")
    return path


def corpus(path):
    return FileCorpus(path, separator="--")


def test_each_document_ends_with_one_token(text, tmp_path):
    file = token_file(corpus(text), BYTES, tmp_path / "cache")
    assert bytes(file.ids.tolist()) == b"one\0two\0"
    assert file.vocabulary == "bytes"


def test_a_text_is_tokenized_once(text, tmp_path, monkeypatch):
    first = token_file(corpus(text), BYTES, tmp_path / "cache")
    monkeypatch.setattr(Tokenizer, "encode", lambda self, text: pytest.fail("tokenized again"))
    assert token_file(corpus(text), BYTES, tmp_path / "cache") == first


def test_a_changed_text_is_tokenized_again_under_the_same_name(text, tmp_path):
    first = token_file(corpus(text), BYTES, tmp_path / "cache")
    text.write_text("another")
    second = token_file(corpus(text), BYTES, tmp_path / "cache")
    assert bytes(second.ids.tolist()) == b"another\0"
    assert second.path == first.path


def test_a_damaged_token_file_is_made_anew(text, tmp_path, caplog):
    first = token_file(corpus(text), BYTES, tmp_path / "cache")
    first.path.write_bytes(first.path.read_bytes()[:-1])
    assert token_file(corpus(text), BYTES, tmp_path / "cache").num_tokens == 8
    assert "is damaged" in caplog.text


def test_the_users_cache_folder_is_where_token_files_are_kept(text, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    file = token_file(corpus(text), BYTES)
    assert file.path.parent == tmp_path / "home" / "tangle" / "tokens"


def test_a_folder_that_cannot_be_made_is_refused_with_a_remedy(text):
    message = r"token files cannot be written to .*text\.txt.* \(.*\); set token_folder"
    with pytest.raises(PermissionError, match=message):
        token_file(corpus(text), BYTES, text / "cache")


def test_text_of_white_space_alone_is_refused(tmp_path):
    (tmp_path / "text.txt").write_text(" \n ")
    with pytest.raises(ValueError, match=r"there is no text in .*text\.txt.*; give files"):
        token_file(corpus(tmp_path / "text.txt"), BYTES, tmp_path / "cache")
    assert not list((tmp_path / "cache").glob("*.tokens"))


def killed_main(text: str, cache: str) -> None:
    """What a process runs until it is killed: it never gets beyond the first document."""
    first = Tokenizer.encode

    def slow(self: Tokenizer, document: str) -> object:
        if document != "one":
            Path(cache, "half").touch()
            time.sleep(60)
        return first(self, document)

    Tokenizer.encode = slow  # type: ignore[method-assign, assignment]
    token_file(corpus(Path(text)), BYTES, Path(cache))


def test_a_process_killed_half_way_leaves_no_half_file(text, tmp_path):
    cache = tmp_path / "cache"
    here = Path(__file__)
    call = f"import {here.stem} as t; t.killed_main({str(text)!r}, {str(cache)!r})"
    path = os.pathsep.join([str(here.parent), str(here.parents[2])])
    process = subprocess.Popen([sys.executable, "-c", call], env={**os.environ, "PYTHONPATH": path})
    try:
        while not (cache / "half").exists():
            assert process.poll() is None
            time.sleep(0.05)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not list(cache.glob("bytes-*.tokens"))
    assert len(list(cache.glob(".*.tokens"))) == 1  # begun, under a name that no one reads
    assert bytes(token_file(corpus(text), BYTES, cache).ids.tolist()) == b"one\0two\0"
    assert not list(cache.glob(".*.tokens"))
