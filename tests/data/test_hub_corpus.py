import datasets
import pytest

from tangle.data.hub_corpus import HubCorpus


@pytest.fixture
def hub(monkeypatch):
    """A hub with one data set, which notes what it is asked for."""
    asked = []

    def load_dataset(name, *, split):
        asked.append((name, split))
        rows = {"text": ["  Once.\n", " ", "Twice."], "other": [1, 2, 3]}
        return datasets.Dataset.from_dict(rows)

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    return asked


def test_documents_are_the_rows_that_hold_text(hub):
    corpus = HubCorpus("a/b", "train", "1 GB")
    assert list(corpus.documents()) == ["Once.", "Twice."]
    assert corpus.name == "a/b/train"
    assert corpus.fingerprint == HubCorpus("a/b", "train", "1 GB").fingerprint
    assert corpus.num_bytes == 0
    assert hub[0] == ("a/b", "train")


def test_without_a_network_the_error_names_the_download_and_the_ways_out(monkeypatch):
    def offline(name, *, split):
        raise datasets.exceptions.DatasetNotFoundError("not reached")

    monkeypatch.setattr(datasets, "load_dataset", offline)
    with pytest.raises(ConnectionError) as error:
        next(HubCorpus("a/b", "train", "1 GB").documents())
    for fact in ("a/b (1 GB)", str(datasets.config.HF_DATASETS_CACHE), "HF_HUB_OFFLINE",
                 "HF_DATASETS_CACHE", "set download to false", "not reached"):  # fmt: skip
        assert fact in str(error.value)
