"""The second-order gradient against brute force, and that nothing but it is left behind."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor, nn
from torch.optim import SGD, Adam, Optimizer

from tangle.algorithms import DARTS, SNAS, SPOS, SearchAlgorithm
from tangle.callbacks import BatchCheckpoint
from tangle.modules import SearchModule, search
from tangle.modules.unrolled import Unrolled, _step_weights
from tests.planted import (
    KillAt,
    Killed,
    PlantedData,
    PlantedNet,
    make_search,
    make_trainer,
    snapshot,
)

STEP = 1e-5
NESTEROV = {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}


class Penalised(DARTS):
    def penalty(self) -> Tensor:
        return sum((alpha**2).sum() for alpha in self.parameters())  # type: ignore[return-value]


class Brute(Callback):
    """Notes the alphas' gradient of each update, and its numerical value by brute force.

    When alphas are about to be stepped, all else is as it was when the update began.
    """

    def __init__(self, make: Callable[..., Optimizer]) -> None:
        self.make = make
        self.pairs: list[tuple[Tensor, Tensor]] = []

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        self.batch, self.random = batch, torch.get_rng_state()
        self.before = snapshot(pl_module)

    def on_before_optimizer_step(
        self, trainer: Trainer, pl_module: LightningModule, optimizer: Optimizer
    ) -> None:
        if optimizer is trainer.optimizers[0]:
            return
        assert isinstance(pl_module, SearchModule)
        torch.testing.assert_close(snapshot(pl_module), self.before, rtol=0, atol=0)
        assert all(p.grad is None for p in pl_module.supernet.parameters())
        (alpha,) = pl_module.algorithm.parameters()
        numerical = torch.zeros_like(alpha)
        with torch.random.fork_rng([]):
            for i in range(len(alpha)):
                ahead, behind = (self.loss(pl_module, i, sign * STEP) for sign in (1, -1))
                numerical[i] = (ahead - behind) / (2 * STEP)
        assert alpha.grad is not None
        self.pairs.append((alpha.grad.clone(), numerical))

    def loss(self, module: SearchModule, index: int, shift: float) -> float:
        """The architecture loss at one shifted alpha, after the optimizer's own step."""
        other = copy.deepcopy((module.supernet, module.algorithm))
        supernet, algorithm = other
        (alpha,) = algorithm.parameters()
        alpha.data[index] += shift
        (arch,) = algorithm.draw(module.search_step, "arch")
        arch = {name: weights.detach() for name, weights in arch.items()}
        optimizer = self.make(supernet.parameters())
        if isinstance(optimizer, SGD) and optimizer.param_groups[0]["momentum"]:
            optimizer.load_state_dict(copy.deepcopy(module.trainer.optimizers[0].state_dict()))
        (x, target), (arch_x, arch_target) = self.batch["weights"], self.batch["arch"]
        torch.set_rng_state(self.random)
        module.task.loss(supernet(x, arch), target).backward()
        optimizer.step()
        torch.set_rng_state(self.random)
        loss = module.task.loss(supernet(arch_x, arch), arch_target) + algorithm.penalty()
        return loss.item()


class Dropping(PlantedNet):
    def __init__(self) -> None:
        super().__init__(norm=True)
        self.layers.insert(3, nn.Dropout(0.3))


def measured(
    algorithm: type[SearchAlgorithm],
    optimizer: Callable[..., Optimizer],
    taken: Callable[..., Optimizer],
    net: nn.Module,
) -> list[tuple[Tensor, Tensor]]:
    brute = Brute(taken)
    module = make_search(algorithm, net, unrolled=True, weight_optimizer=optimizer)
    trainer = make_trainer(callbacks=[brute], precision="64-true", limit_val_batches=0)
    trainer.fit(module, PlantedData(batches=3))
    assert len(brute.pairs) == 3
    return brute.pairs


@pytest.mark.parametrize("algorithm", [DARTS, SNAS, Penalised])
@pytest.mark.parametrize("net", [PlantedNet, partial(PlantedNet, norm=True), Dropping],
                         ids=["plain", "norm", "dropout"])  # fmt: skip
def test_gradient_is_the_numerical_one_of_the_unrolled_loss(
    algorithm: type[SearchAlgorithm],
    net: Callable[[], nn.Module],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(search, "Unrolled", partial(Unrolled, radius=1e-4))
    sgd = partial(SGD, lr=0.5, momentum=0.9, weight_decay=0.01)
    for gradient, numerical in measured(algorithm, sgd, sgd, net()):
        torch.testing.assert_close(gradient, numerical, rtol=1e-4, atol=1e-9)


@pytest.mark.parametrize(
    ("optimizer", "taken"),
    [
        (partial(SGD, lr=0.5), partial(SGD, lr=0.5)),
        (partial(SGD, **NESTEROV), partial(SGD, **NESTEROV)),
        (partial(Adam, lr=0.3), partial(SGD, lr=0.3)),
    ],
    ids=["plain", "nesterov", "of_Adam_the_learning_rate"],
)
def test_the_step_is_that_of_the_weights_optimizer(
    optimizer: Callable[..., Optimizer],
    taken: Callable[..., Optimizer],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(search, "Unrolled", partial(Unrolled, radius=1e-4))
    for gradient, numerical in measured(DARTS, optimizer, taken, PlantedNet()):
        torch.testing.assert_close(gradient, numerical, rtol=1e-4, atol=1e-9)


def test_the_papers_radius_is_small_enough_and_the_second_order_matters() -> None:
    sgd = partial(SGD, lr=0.5, momentum=0.9)
    pairs = measured(DARTS, sgd, sgd, PlantedNet())
    for gradient, numerical in pairs:
        torch.testing.assert_close(gradient, numerical, rtol=1e-3, atol=1e-9)
    first = measured(DARTS, partial(SGD, lr=0.0), partial(SGD, lr=0.0), PlantedNet())
    assert not torch.allclose(first[0][0], pairs[0][0], rtol=0.1)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("options", [{}, {"dampening": 0.3}, {"nesterov": True}])
@pytest.mark.parametrize("steps", [0, 2], ids=["first", "third"])
def test_weights_step_as_torch_steps_them(
    momentum: float, options: dict[str, Any], steps: int
) -> None:
    if momentum == 0:
        options = {}
    net = nn.Linear(3, 2).double()
    optimizer = SGD(net.parameters(), lr=0.1, momentum=momentum, weight_decay=0.05, **options)
    for _ in range(steps + 1):
        for parameter in net.parameters():
            parameter.grad = torch.randn_like(parameter)
        before = copy.deepcopy(net.state_dict())
        optimizer_before = copy.deepcopy(optimizer.state_dict())
        _step_weights(optimizer)
        assert str(optimizer.state_dict()) == str(optimizer_before)
        ours = copy.deepcopy(net.state_dict())
        net.load_state_dict(before)
        optimizer.step()
        torch.testing.assert_close(ours, net.state_dict())


def test_an_error_leaves_the_weights_as_they_were() -> None:
    module = make_search(DARTS, PlantedNet(norm=True), unrolled=True)
    calls, loss = iter(range(10)), module.task.loss

    def fail(output: Tensor, target: Tensor) -> Tensor:
        if next(calls) == 2:
            raise Killed
        return loss(output, target)

    module.task.loss = fail  # type: ignore[method-assign]
    before = snapshot(module)
    with pytest.raises(Killed):
        make_trainer().fit(module, PlantedData())
    torch.testing.assert_close(snapshot(module), before, rtol=0, atol=0)
    assert all(parameter.requires_grad for parameter in module.parameters())


def test_accumulating_batches_equals_larger_ones() -> None:
    states = []
    for batch_size, batches, accumulate in ((8, 6, 2), (16, 3, 1)):
        module = make_search(SNAS, unrolled=True, accumulate=accumulate)
        make_trainer(epochs=2, precision="64-true").fit(module, PlantedData(batch_size, batches))
        states.append(snapshot(module))
    torch.testing.assert_close(*states, rtol=1e-9, atol=1e-9)


def test_a_resumed_search_equals_an_uninterrupted_one(tmp_path: Path) -> None:
    def make() -> SearchModule:
        return make_search(SNAS, PlantedNet(norm=True), unrolled=True)

    whole = make()
    make_trainer(epochs=3).fit(whole, PlantedData())
    keeper = BatchCheckpoint(every_n_batches=2)
    with pytest.raises(Killed):
        make_trainer(tmp_path, 3, [keeper, KillAt(1, 5)]).fit(make(), PlantedData())
    resumed = make()
    last = tmp_path / "checkpoints" / "last.ckpt"
    make_trainer(tmp_path, 3).fit(resumed, PlantedData(), ckpt_path=last)
    torch.testing.assert_close(snapshot(resumed), snapshot(whole), rtol=0, atol=0)


def test_bf16_mixed_agrees_with_single_precision() -> None:
    states = []
    for precision in ("32-true", "bf16-mixed"):
        module = make_search(DARTS, unrolled=True)
        make_trainer(precision=precision).fit(module, PlantedData())
        states.append(next(module.algorithm.parameters()).detach())
    torch.testing.assert_close(*states, rtol=0.2, atol=0.01)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"algorithm": SPOS}, r"unrolled is true, but the algorithm SPOS has no architecture par"),
        ({"algorithm": DARTS, "distillation": 0.5}, r"distillation is 0.5: the teacher's part"),
    ],
)
def test_what_can_not_be_unrolled_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_search(unrolled=True, **options)


def test_coarse_precision_is_refused_before_training() -> None:
    module = make_search(DARTS, unrolled=True)
    with pytest.raises(ValueError, match=r"trainer.precision is bf16-true.* use 32-true"):
        make_trainer(precision="bf16-true").fit(module, PlantedData())
