from pathlib import Path

import datasets
import pytest

from tangle.data.hub import HubSet
from tangle.data.hub_corpus import HubCorpus


def corpus(root: Path) -> HubCorpus:
    return HubCorpus(HubSet(str(root)), "train")


@pytest.fixture
def root(tmp_path: Path, hub_cache: Path) -> Path:
    table = {"text": ["  Once.\n", " ", "Twice."], "other": [1, 2, 3]}
    datasets.Dataset.from_dict(table).to_parquet(tmp_path / "set" / "train.parquet")
    return tmp_path / "set"


def test_documents_are_the_rows_that_hold_text(root: Path) -> None:
    assert list(corpus(root).documents()) == ["Once.", "Twice."]
    assert corpus(root).name == f"{root}/train"
    assert corpus(root).fingerprint == corpus(root).fingerprint
    assert corpus(root).num_bytes > 0


def test_a_split_of_unknown_size_has_none(tmp_path: Path, hub_cache: Path) -> None:
    table = datasets.Dataset.from_dict({"text": ["Once."]})
    datasets.DatasetDict(train=table).save_to_disk(tmp_path / "saved")
    saved = corpus(tmp_path / "saved")
    saved._rows.info.splits = None
    assert saved.num_bytes == 0
