import hashlib
import logging

import numpy as np
import pytest
import tiktoken

from tangle.data import tokenizer
from tangle.data.tokenizer import Tokenizer, _pieces


@pytest.fixture
def gpt2(data_root, monkeypatch):
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(data_root / "tiktoken_cache"))
    return Tokenizer("gpt2")


@pytest.mark.parametrize("text", ["Once upon a time", "naïve 日本\n\n", ""])
def test_bytes_give_the_text_back(text):
    ids = Tokenizer("bytes").encode(text)
    assert ids.dtype == np.uint16
    assert ids.tolist() == list(text.encode())
    assert Tokenizer("bytes").decode(ids.tolist()) == text


def test_the_end_of_a_text_is_shown_in_words():
    bytes_ = Tokenizer("bytes")
    assert bytes_.decode([97, bytes_.end_of_text, 98]) == "a<|endoftext|>b"


def test_a_token_that_is_no_byte_is_refused_with_a_remedy():
    with pytest.raises(ValueError, match=r"the token 300 is no byte: .*; set tokens to gpt2"):
        Tokenizer("bytes").decode([97, 300])


def test_every_token_is_below_the_size_of_the_vocabulary():
    for name in ("bytes", "gpt2"):
        assert Tokenizer(name).end_of_text < Tokenizer(name).vocab_size


def test_another_vocabulary_is_refused():
    with pytest.raises(ValueError, match="tokens is 'words'; it must be bytes or gpt2"):
        Tokenizer("words")


def test_pieces_are_cut_only_where_lines_of_text_meet():
    text = "ab\ncd\n\nef \n gh\nij"
    assert list(_pieces(text, 1)) == ["ab\n", "cd\n\nef \n gh\n", "ij"]


@pytest.mark.data
def test_gpt2s_tokens_are_those_of_tiktoken(gpt2):
    assert gpt2.vocab_size == tiktoken.get_encoding("gpt2").n_vocab
    assert gpt2.end_of_text == tiktoken.get_encoding("gpt2").eot_token
    ids = gpt2.encode("Once upon a time<|endoftext|>naïve 日本")
    assert gpt2.decode(ids.tolist()) == "Once upon a time<|endoftext|>naïve 日本"
    assert gpt2.end_of_text not in ids  # text cannot end a document


@pytest.mark.data
def test_tokens_that_only_fill_the_vocabulary_up_become_a_replacement_character(gpt2):
    a, b = (gpt2.encode(letter).tolist() for letter in "ab")
    assert gpt2.decode([*a, 50_303, *b]) == "a\ufffdb"


@pytest.mark.data
def test_a_text_in_pieces_has_the_tokens_of_the_whole(gpt2, data_root, monkeypatch):
    text = (data_root / "tinystories" / "TinyStories-sample-valid.txt").read_text()[:100_000]
    text += "odd \n\n \t\n lines\r\n  and\n\n\nends \n"
    whole = gpt2.encode(text)
    monkeypatch.setattr("tangle.data.tokenizer._PIECE", 50)
    assert len(list(_pieces(text, 50))) > 500
    assert np.array_equal(gpt2.encode(text), whole)


def test_without_a_network_the_error_names_the_download_and_the_ways_out(monkeypatch):
    def no_network(name):
        raise OSError("no route")

    monkeypatch.setattr(tiktoken, "get_encoding", no_network)
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "/somewhere")
    with pytest.raises(ConnectionError) as error:
        Tokenizer("gpt2").encode("a")
    for fact in ("1.5 MB", "vocab.bpe", "openaipublic.blob.core.windows.net", "/somewhere",
                 "TIKTOKEN_CACHE_DIR", "set tokens to bytes", "no route"):  # fmt: skip
        assert fact in str(error.value)


def test_a_download_is_told_before_it_starts_and_only_then(tmp_path, monkeypatch, caplog):
    told_before = []
    monkeypatch.setattr(tiktoken, "get_encoding", lambda name: told_before.append(caplog.text))
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    with caplog.at_level(logging.WARNING):
        tokenizer._gpt2()
        assert "GPT-2's vocabulary: downloading 1.5 MB from https://openaipublic" in told_before[0]
        assert str(tmp_path) in told_before[0]
        caplog.clear()
        for name in ("vocab.bpe", "encoder.json"):
            place = f"https://openaipublic.blob.core.windows.net/gpt-2/encodings/main/{name}"
            (tmp_path / hashlib.sha1(place.encode()).hexdigest()).touch()
        tokenizer._gpt2.cache_clear()
        tokenizer._gpt2()
    assert told_before[1] == ""


def test_tiktoken_still_keeps_the_vocabulary_where_it_is_looked_for(monkeypatch, tmp_path):
    from tiktoken import load
    from tiktoken_ext import openai_public

    asked = []

    def read_file(place):
        asked.append(place)
        raise OSError("no network")

    monkeypatch.setattr(load, "read_file", read_file)
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    with pytest.raises(OSError, match="no network"):
        openai_public.gpt2()
    assert asked[0].startswith(tokenizer._SOURCE)
    assert asked[0].rsplit("/", 1)[1] in tokenizer._FILES
