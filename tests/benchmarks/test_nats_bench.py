"""The package nats_bench is played by a small module."""

import sys
import types

import pytest

from tangle.benchmarks import NASBench201Table, NATSBench


class Api:
    def __init__(self):
        self.asked = []

    def get_more_info(self, arch, dataset, hp, is_random):
        self.asked.append((arch, dataset, hp, is_random))
        offset = {"cifar10": 0, "cifar100": 10, "ImageNet16-120": 20}[dataset]
        return {"test-accuracy": arch.count("nor_conv_3x3") + offset, "valid-accuracy": -1}


@pytest.fixture
def created(monkeypatch):
    calls = []
    package = types.ModuleType("nats_bench")

    def create(path, space, fast_mode, verbose):
        calls.append((path, space, fast_mode, verbose))
        return Api()

    package.create = create
    monkeypatch.setitem(sys.modules, "nats_bench", package)
    return calls


def test_accuracies_are_those_of_200_epochs_and_the_mean_over_seeds(created, tmp_path):
    benchmark = NATSBench(tmp_path, dataset="cifar100")
    assert created == [(str(tmp_path), "tss", True, False)]
    assert benchmark.metric == "cifar100_test"
    arch = dict.fromkeys(benchmark.space, 1)
    assert benchmark.query(arch) == {
        "cifar10_test": 6, "cifar100_test": 16, "imagenet16_120_test": 26,
    }  # fmt: skip
    string, dataset, hp, is_random = benchmark._api.asked[-1]
    assert string.startswith("|nor_conv_3x3~0|+|")
    assert (dataset, hp, is_random) == ("ImageNet16-120", "200", False)


def test_table_of_the_package_is_a_table(created, tmp_path):
    NATSBench(tmp_path).write_table(tmp_path / "table.csv")
    table = NASBench201Table(tmp_path / "table.csv", dataset="imagenet16_120")
    assert table.query(dict.fromkeys(table.space, 1)) == {
        "cifar10_test": 6, "cifar100_test": 16, "imagenet16_120_test": 26, "rank": 1, "regret": 0,
        "failed": 0,
    }  # fmt: skip


def test_missing_package_is_told_with_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "nats_bench", None)
    with pytest.raises(ValueError, match="run pip install nats_bench, or use NASBench201Table"):
        NATSBench(tmp_path)


def test_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"There is no folder .*give that of NATS-tss"):
        NATSBench(tmp_path / "none")
