import os
from itertools import chain

import pytest
import torch
from torch import distributed

from tangle.data import TextFiles
from tests.data.texts import sentences

PARTS = ("weights", "arch", "val", "test")


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(sentences(400), encoding="utf-8")
    return path


@pytest.fixture
def make(text, tmp_path):
    """Makes a data module on generated text, ready to fit."""

    def make(path=text, **options):
        small = {"block_size": 16, "batch_size": 8, "token_folder": tmp_path / "cache"}
        data = TextFiles(path, **{**small, **options})
        data.prepare_data()
        data.setup("fit")
        return data

    return make


def loaders(data):
    return {**data.train_dataloader().iterables, "val": data.val_dataloader(),
            "test": data.test_dataloader()}  # fmt: skip


def epoch(loader, number=0):
    loader.sampler.set_epoch(number)
    return [[*map(tuple, inputs.tolist())] for inputs, _ in loader]


def test_a_batch_is_tokens_and_those_that_follow(make, text):
    inputs, targets = next(iter(make().train_dataloader().iterables["weights"]))
    assert inputs.shape == targets.shape == (8, 16)
    assert torch.equal(inputs[:, 1:], targets[:, :-1])
    for row, last in zip(inputs, targets[:, -1], strict=True):
        assert bytes([*row.tolist(), int(last)]) in text.read_bytes() + b"\0"


def test_no_window_is_in_two_parts_and_all_are_in_one(make):
    data = make()
    windows = [data.sources.train.windows[getattr(data.split, part)] for part in PARTS[:3]]
    windows = [*chain(*windows), *data.sources.test.windows]
    assert sorted(windows) == list(range(len(data._tokens(data.path).ids) // 17))


def test_parts_are_made_of_stretches(make):
    split = make(arch_fraction=0.4).split
    for part in ("weights", "arch", "val"):
        places = getattr(split, part).sort().values
        neighbours = (places.diff() == 1).sum() / len(places)
        assert neighbours > 0.75, part
    assert len(split.arch) == round(0.4 * (len(split.arch) + len(split.weights)))


def test_the_test_windows_are_the_same_for_every_seed_and_the_parts_are_not(make):
    first, second = make(seed=0), make(seed=1)
    assert (first.sources.test.windows == second.sources.test.windows).all()
    assert not torch.equal(first.split.val, second.split.val)


def test_an_epoch_is_one_pass_over_the_weight_part(make):
    data = make()
    loader = loaders(data)["weights"]
    epochs = [list(chain(*epoch(loader, number))) for number in range(2)]
    assert len(epochs[0]) == len(data.split.weights)
    assert epochs[0] != epochs[1]
    assert sorted(epochs[0]) == sorted(epochs[1])


def test_two_ranks_see_every_window_once(make, monkeypatch):
    whole = {part: sorted(chain(*epoch(loader))) for part, loader in loaders(make()).items()}
    monkeypatch.setattr(distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(distributed, "get_world_size", lambda: 2)
    seen = {part: [] for part in PARTS}
    for rank in range(2):
        monkeypatch.setattr(distributed, "get_rank", lambda rank=rank: rank)
        for part, loader in loaders(make(batch_size=4)).items():
            seen[part] += chain(*epoch(loader))
    for part in ("weights", "val", "test"):
        assert sorted(seen[part]) == whole[part], part


@pytest.mark.parametrize("num_workers", [0, 2])
def test_an_epoch_goes_on_at_any_batch(make, num_workers):
    straight = epoch(loaders(make())["weights"], 1)
    loader = loaders(make(num_workers=num_workers))["weights"]
    loader.sampler.set_epoch(1)
    loader.load_state_dict({"epoch": 1, "batch": 3})
    assert [[*map(tuple, inputs.tolist())] for inputs, _ in loader] == straight[3:]
    loader.close()


def test_a_text_of_its_own_can_be_tested_on(make, tmp_path):
    (tmp_path / "test.txt").write_text("z" * 100)
    data = make(test_path=tmp_path / "test.txt")
    inputs, _ = next(iter(data.test_dataloader()))
    assert (inputs == ord("z")).all()
    assert len(data.sources.train) == len(data._tokens(data.path).ids) // 17


def test_a_file_to_test_on_inside_of_the_folder_to_train_on_is_refused(make, text):
    with pytest.raises(ValueError, match=r"text.txt is in path .* and in test_path .* no file"):
        make(text.parent, test_path=text)


def test_without_a_path_it_is_the_reference_of_python_and_said(caplog):
    data = TextFiles()
    data.prepare_data()
    data.setup("fit")
    assert len(data.split.weights) > 1_000
    assert "TextFiles without a path" in caplog.text


def test_a_token_file_can_be_given(make, text, tmp_path):
    made = make()._tokens(text).path
    os.remove(text)
    assert len(make(made).split.weights) > 0


def test_a_token_file_of_another_vocabulary_is_refused(make, text):
    made = make()._tokens(text).path
    message = "holds tokens of the vocabulary bytes, but tokens is gpt2; set tokens to bytes"
    with pytest.raises(ValueError, match=message):
        make(made, tokens="gpt2")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"block_size": 100_000}, "block_size is 100000, so a window is 100001 tokens, but the"),
        ({"block_size": 4_000}, "lower block_size"),
        ({"batch_size": 10_000}, "the weights part holds .* needs at least 10000"),
        ({"block_size": 0}, "block_size is 0; it must be at least 1 token"),
        ({"test_fraction": 1.0}, r"test_fraction is 1.0; it must lie in \(0, 1\)"),
        ({"path": None, "test_path": "a"}, "test_path is a but path is not set"),
        ({"tokens": "words"}, "tokens is 'words'; it must be bytes or gpt2"),
    ],
)
def test_options_that_do_not_fit_are_refused(make, options, message):
    with pytest.raises(ValueError, match=message):
        make(**options)


def test_the_size_of_the_vocabulary_is_told():
    assert (TextFiles().vocab_size, TextFiles(tokens="gpt2").vocab_size) == (256, 50257)
