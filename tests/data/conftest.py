"""A data module whose batches are their own sample numbers, so that tests can follow a sample."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import tiktoken.registry
import torch
from torch import Tensor

from tangle.data import BilevelDataModule, Sources, tokenizer
from tangle.data.sampler import Draw


@pytest.fixture(autouse=True)
def _no_vocabulary_of_another_test() -> Iterator[None]:
    """GPT-2's vocabulary is cached nowhere: tests put stand-ins and failures in its place."""
    _forget_vocabulary()
    yield
    _forget_vocabulary()


def _forget_vocabulary() -> None:
    tokenizer._gpt2.cache_clear()
    tiktoken.registry.ENCODINGS.pop("gpt2", None)


@dataclass(frozen=True)
class Numbers:
    """Sample i of `size` is the number i; a batch also tells the seed of its draw."""

    size: int

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, draw: Draw) -> tuple[Tensor, str]:
        return torch.tensor(draw.indices), str(draw.seed)


class NumbersModule(BilevelDataModule):
    def __init__(self, labels: Tensor, num_test: int, **settings: float) -> None:
        super().__init__(**settings)
        self.labels = labels
        self.num_test = num_test

    def load(self) -> Sources:
        numbers = Numbers(len(self.labels))
        return Sources(numbers, numbers, Numbers(self.num_test), self.labels)


MakeModule = Callable[..., NumbersModule]


@pytest.fixture
def make_module() -> MakeModule:
    """Makes a set-up data module over 103 samples of 5 classes of unequal size, and 21 for test."""

    def make(num_train: int = 103, num_test: int = 21, **settings: float) -> NumbersModule:
        generator = torch.Generator().manual_seed(1)
        labels = torch.tensor([0, 0, 0, 1, 1, 2, 3, 4, 4])
        drawn = labels[torch.randint(len(labels), (num_train,), generator=generator)]
        module = NumbersModule(drawn, num_test, **{"batch_size": 8, **settings})
        module.setup("fit")
        return module

    return make


@pytest.fixture
def hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the Hugging Face hub, which must not be reached."""
    datasets = pytest.importorskip("datasets")
    import huggingface_hub.constants

    folder = tmp_path / "hub_cache"
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", folder)
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    return folder
