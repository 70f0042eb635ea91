"""Freezing is exact and undone; ranks agree."""

import socket
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


def _run(*commands: list[str]) -> None:
    """Run commands side by side; each must succeed."""
    runs = [
        subprocess.Popen([sys.executable, "-m", *command], cwd=ROOT, text=True,
                         stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for command in commands
    ]  # fmt: skip
    told = [run.communicate(timeout=120)[1] for run in runs]
    assert [run.returncode for run in runs] == [0] * len(runs), told


def _check_equal(folder: Path, tolerance: float) -> list[list[int]]:
    """Compare two ranks with one of twice the batch, and return what they exchanged."""
    names = ("1_0", "2_0", "2_1")
    one, first, second = (torch.load(folder / f"{n}.pt", weights_only=True) for n in names)
    torch.testing.assert_close(first["state"], second["state"], rtol=0, atol=0)
    assert len(first["alphas"]) == len(second["alphas"]) == 2
    for mine, other in zip(first["alphas"], second["alphas"], strict=True):
        torch.testing.assert_close(mine, other, rtol=0, atol=0)
    torch.testing.assert_close(first["state"], one["state"], rtol=tolerance, atol=tolerance)
    for metric in one["metrics"]:
        if metric.startswith("val/"):
            torch.testing.assert_close(first["metrics"][metric], one["metrics"][metric])
    assert first["counts"] == second["counts"]
    return first["counts"]


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_two_nodes_equal_one_rank_and_exchange_only_alphas(port: int, tmp_path: Path) -> None:
    search = ["tests.ddp_search", str(tmp_path)]
    torchrun = ["torch.distributed.run", "--nnodes", "2", "--nproc_per_node", "1"]
    torchrun += ["--master_addr", "127.0.0.1", "--master_port", str(port)]
    agents = [[*torchrun, "--node_rank", r, "-m", *search, "2", "DrNAS"] for r in ("0", "1")]
    _run([*search, "1", "DrNAS"], *agents)
    # In each of 3 updates of 2 epochs, the gradients of 2 + 3 alphas.
    assert _check_equal(tmp_path, 1e-12) == [[5]] * 6


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
        _run(["tests.ddp_search", str(tmp_path), ranks, algorithm, order])
    exchanged = _check_equal(tmp_path, tolerance)
    if algorithm == "DrNAS":
        assert exchanged == [[5]] * 6
