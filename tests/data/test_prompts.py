import pytest
import tiktoken
import torch

from tangle.data import Prompts


def test_each_text_is_a_batch_of_its_bytes():
    data = Prompts(["Once", "é"])
    assert [batch.tolist() for batch in data.predict_dataloader()] == [
        [[79, 110, 99, 101]],
        [[0xC3, 0xA9]],
    ]


@pytest.mark.parametrize("text", ["Once upon a time", "naïve 日本"])
def test_decoding_gives_the_text_back(text):
    data = Prompts([text])
    assert data.decode(next(iter(data.predict_dataloader()))[0]) == text


def test_bytes_that_are_no_text_do_not_stop_decoding():
    assert Prompts(["a"]).decode(torch.tensor([97, 0xC3])) == "a\ufffd"


def test_gpt2s_vocabulary_can_be_used(monkeypatch):
    encoding = tiktoken.Encoding(
        "stand-in",
        pat_str=r"\w+|\W",
        mergeable_ranks={bytes([i]): i for i in range(256)} | {b"on": 256},
        special_tokens={"<|endoftext|>": 257},
    )
    monkeypatch.setattr(tiktoken, "get_encoding", lambda name: {"gpt2": encoding}[name])
    data = Prompts(["on"], tokens="gpt2")
    assert next(iter(data.predict_dataloader())).tolist() == [[256]]
    assert data.decode(torch.tensor([256, 257])) == "on<|endoftext|>"


@pytest.mark.parametrize(
    ("prompts", "message"),
    [
        ([], "prompts is empty; give at least one text"),
        (["fine", ""], "a prompt is empty; begin it with at least one character"),
        (["a\ud800"], r"the prompt 'a\\ud800' cannot be encoded: .* at character 1"),
    ],
)
def test_prompts_that_cannot_be_encoded_are_refused(prompts, message):
    with pytest.raises(ValueError, match=message):
        Prompts(prompts)
