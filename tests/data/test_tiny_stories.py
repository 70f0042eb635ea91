import datasets
import pytest

from tangle.data import TinyStories
from tangle.data.hub import HubSet
from tests.data.texts import stories


@pytest.fixture
def root(tmp_path):
    """A miniature of the set in its own format."""
    (tmp_path / "TinyStories-train.txt").write_text(stories(90), encoding="utf-8")
    (tmp_path / "TinyStories-valid.txt").write_text(stories(20, seed=1), encoding="utf-8")
    return tmp_path


def make(tmp_path, **options):
    small = {"tokens": "bytes", "block_size": 32, "token_folder": tmp_path / "cache"}
    data = TinyStories(**{**small, **options})
    data.prepare_data()
    data.setup("fit")
    return data


def test_each_story_ends_with_one_token(root, tmp_path):
    train, test = make(tmp_path, root=root)._tokens()
    assert (train.ids == 0).sum() == 90
    assert (test.ids == 0).sum() == 20
    first = (root / "TinyStories-train.txt").read_text(encoding="utf-8").split("<|endoftext|>")[0]
    assert bytes(train.ids[: len(first.strip().encode()) + 1].tolist()) == (
        first.strip().encode() + b"\0"
    )


def test_training_stories_make_three_parts_and_validation_stories_the_test(root, tmp_path):
    data = make(tmp_path, root=root)
    train, test = data._tokens()
    split = data.split
    windows = [*split.weights.tolist(), *split.arch.tolist(), *split.val.tolist()]
    assert sorted(windows) == list(range(train.num_tokens // 33))
    assert len(data.sources.test) == test.num_tokens // 33


def test_the_hub_gives_the_tokens_of_the_files(root, tmp_path, monkeypatch):
    def split(self, name):
        assert self.place == "roneneldan/TinyStories"
        file = {"train": "train", "validation": "valid"}[name]
        text = (root / f"TinyStories-{file}.txt").read_text(encoding="utf-8")
        return datasets.Dataset.from_dict({"text": text.split("<|endoftext|>\n")[:-1]})

    monkeypatch.setattr(HubSet, "split", split)
    from_hub, from_files = make(tmp_path, download=True), make(tmp_path, root=root)
    for hub, file in zip(from_hub._tokens(), from_files._tokens(), strict=True):
        assert hub.path != file.path
        assert hub.ids.tolist() == file.ids.tolist()


def test_without_files_the_error_names_the_ways_out(tmp_path):
    for root, beginning in ((None, "TinyStories has no root"), (tmp_path, "does not hold")):
        with pytest.raises(FileNotFoundError, match=beginning) as error:
            make(tmp_path, root=root)
        for fact in ("Set root to a folder", "TinyStories-train.txt", "1.9 GB",
                     "set download to true", "(1 GB)", "TextFiles"):  # fmt: skip
            assert fact in str(error.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"root": "a", "download": True}, "root is a and download is true; set one"),
        ({"block_size": 0}, "block_size is 0; it must be at least 1 token"),
        ({"tokens": "words"}, "tokens is 'words'"),
    ],
)
def test_options_that_do_not_fit_are_refused(tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        make(tmp_path, **options)


@pytest.mark.data
def test_the_sample_has_the_tokens_that_are_told(data_root, tmp_path, monkeypatch):
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(data_root / "tiktoken_cache"))
    data = make(tmp_path, root=data_root / "tinystories", tokens="gpt2")
    train, test = data._tokens()
    assert (train.num_tokens, test.num_tokens) == (1_593_786, 140_034)
    assert ((train.ids == 50256).sum(), (test.ids == 50256).sum()) == (7_847, 700)
    assert train.ids.max() == 50256
    assert train.ids.dtype == "<u2"
