import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import distributed

from tangle.callbacks import ReplicaCheck
from tangle.callbacks.replica_check import divergent
from tests.planted import PlantedData, make_search, make_trainer

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize("what", ["alphas", "weights"])
def test_ranks_that_differ_stop_the_search(what: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.ddp_search", str(tmp_path), "2", "DrNAS"]
    command += ["first", what]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert run.returncode != 0
    assert "After epoch 0 the ranks differ in 1 of" in run.stderr
    assert f"({what} " in run.stderr


def test_one_rank_has_nothing_to_compare(tmp_path: Path) -> None:
    make_trainer(tmp_path, callbacks=[ReplicaCheck()]).fit(make_search(), PlantedData())


@pytest.fixture
def group(tmp_path: Path):
    distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/store", rank=0,
                                   world_size=1)  # fmt: skip
    yield
    distributed.destroy_process_group()


@pytest.mark.usefixtures("group")
def test_a_rank_agrees_with_itself_even_on_what_is_not_a_number() -> None:
    assert divergent({"a": torch.tensor([1.0, torch.nan]), "b": torch.zeros(2, 2)}) == []


@pytest.mark.usefixtures("group")
def test_the_tensor_that_differs_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def of_another_rank(tensor: torch.Tensor, source: int) -> None:
        tensor[2] += 1e-12

    monkeypatch.setattr(distributed, "broadcast", of_another_rank)
    named = {"a": torch.ones(2), "b": torch.ones(3, dtype=torch.float64)}
    assert divergent(named) == ["b"]
