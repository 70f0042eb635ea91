"""Freezing is exact and undone; ranks agree."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from tangle.modules.gradients import average_gradients, frozen

ROOT = Path(__file__).parents[2]


def test_only_what_was_trained_is_trained_again() -> None:
    net = nn.Linear(2, 2)
    net.bias.requires_grad_(False)
    with frozen(net.parameters()):
        assert not net.weight.requires_grad
    assert net.weight.requires_grad
    assert not net.bias.requires_grad


def test_an_error_does_not_leave_weights_frozen() -> None:
    net = nn.Linear(2, 2)
    with pytest.raises(RuntimeError, match="inside"), frozen(net.parameters()):
        raise RuntimeError("inside")
    assert net.weight.requires_grad


def test_gradients_of_a_single_process_stay() -> None:
    net = nn.Linear(2, 2)
    net.weight.grad = torch.ones(2, 2)
    average_gradients(list(net.parameters()))
    assert net.weight.grad.eq(1).all()
    assert net.bias.grad is None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("algorithm", "order", "tolerance"),
    [("DrNAS", "first", 1e-12), ("SPOS", "first", 1e-12), ("SNAS", "unroll", 1e-9)],
)
def test_two_ranks_equal_one_of_twice_the_batch(
    algorithm: str, order: str, tolerance: float, tmp_path: Path
) -> None:
    # SPOS leaves out the blocks beyond the drawn depth, which DDP by itself does not allow.
    for ranks in ("1", "2"):
        command = [sys.executable, "-m", "tests.ddp_search", str(tmp_path), ranks, algorithm, order]
        run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
        assert run.returncode == 0, run.stderr
    names = ("1_0", "2_0", "2_1")
    one, first, second = (torch.load(tmp_path / f"{n}.pt", weights_only=True) for n in names)
    torch.testing.assert_close(first["state"], second["state"], rtol=0, atol=0)
    torch.testing.assert_close(first["state"], one["state"], rtol=tolerance, atol=tolerance)
    for metric in one["metrics"]:
        if metric.startswith("val/"):
            torch.testing.assert_close(first["metrics"][metric], one["metrics"][metric])
    if algorithm == "DrNAS":  # the exchange of an architecture step is that of 2 + 3 alphas
        assert [count for count in first["counts"] if count > 1] == [5] * 6
