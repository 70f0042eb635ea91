"""The search: who gets gradient when, counting, schedules, resuming, errors."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.plugins import MixedPrecision
from torch import Tensor, nn
from torch.optim import SGD, Adam, Optimizer
from torch.optim.lr_scheduler import CosineAnnealingLR, LambdaLR, ReduceLROnPlateau

import tangle.modules
from tangle.algorithms import DARTS, SPOS, DrNAS, SearchAlgorithm
from tangle.callbacks import BatchCheckpoint
from tangle.core import Architecture, Choice, SearchSpace
from tangle.modules import Classification, SearchModule
from tests.planted import (
    CLASSES,
    KillAt,
    Killed,
    PlantedData,
    PlantedNet,
    make_search,
    make_trainer,
    planted_pair,
    snapshot,
)

ALGORITHMS = (DARTS, DrNAS, SPOS)


class Spy(Callback):
    """Notes, before each step, whose parameters have gradient, and the learning rate and alphas."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, set[str]]] = []
        self.alphas: list[list[Tensor]] = []
        self.gradients: list[dict[str, Tensor]] = []

    def on_before_optimizer_step(
        self, trainer: Trainer, pl_module: LightningModule, optimizer: Optimizer
    ) -> None:
        role = ("weights", "arch")[trainer.optimizers.index(optimizer)]
        gradients = {
            n: p.grad.clone() for n, p in pl_module.named_parameters() if p.grad is not None
        }
        self.steps.append((role, set(gradients)))
        self.gradients.append(gradients)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.alphas.append([p.detach().clone() for p in pl_module.algorithm.parameters()])

    def count(self, role: str) -> int:
        return sum(step_role == role for step_role, _ in self.steps)


class Extremes(SearchAlgorithm):
    """Trains the largest and the smallest architecture in every update."""

    def sample(self) -> Sequence[Architecture]:
        return [self.space.largest(), self.space.smallest()]

    def incumbents(self) -> Mapping[str, Architecture]:
        return {"best": self.space.largest()}


class Tempered(Extremes):
    """Has an architecture parameter that is no alpha."""

    def __init__(self, space: SearchSpace, seed: int = 0) -> None:
        super().__init__(space, seed)
        self.temperature = nn.Parameter(torch.ones(()))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_algorithms_run_through_the_same_module(algorithm: type[SearchAlgorithm]) -> None:
    module, trainer = make_search(algorithm), make_trainer(epochs=2)
    trainer.fit(module, PlantedData())
    names = module.algorithm.incumbents()
    expected = {f"val/{name}/{metric}" for name in names for metric in ("accuracy", "loss")}
    assert expected <= trainer.callback_metrics.keys()
    assert "train/loss" in trainer.callback_metrics
    assert ("arch/loss" in trainer.callback_metrics) == (algorithm is not SPOS)
    tested = trainer.test(module, PlantedData(), verbose=False)[0]
    assert {name.replace("val/", "test/") for name in expected} == tested.keys()
    outputs = trainer.predict(module, PlantedData())
    assert outputs is not None
    assert outputs[0].shape == (16, CLASSES)


@pytest.mark.parametrize("algorithm", [DARTS, DrNAS])
def test_each_step_has_exactly_its_own_gradients(algorithm: type[SearchAlgorithm]) -> None:
    module, spy = make_search(algorithm), Spy()
    make_trainer(callbacks=[spy]).fit(module, PlantedData())
    names = {name for name, _ in module.named_parameters()}
    alphas = {name for name in names if name.startswith("algorithm.")}
    assert alphas
    assert names - alphas
    assert spy.steps == [("arch", alphas), ("weights", names - alphas)] * 6
    assert all(gradient.any() for step in spy.gradients for gradient in step.values())
    assert all(parameter.requires_grad for parameter in module.parameters())


def test_weights_require_gradient_again_after_a_failed_architecture_step() -> None:
    module = make_search(DARTS)

    def fail(output: Tensor, target: Tensor) -> Tensor:
        raise Killed

    module.task.loss = fail  # type: ignore[method-assign]
    with pytest.raises(Killed):
        make_trainer().fit(module, PlantedData())
    assert all(parameter.requires_grad for parameter in module.supernet.parameters())


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_optimizers_are_disjoint_and_complete(algorithm: type[SearchAlgorithm]) -> None:
    module, trainer = make_search(algorithm), make_trainer()
    trainer.fit(module, PlantedData())
    groups = [[id(p) for g in o.param_groups for p in g["params"]] for o in trainer.optimizers]
    assert groups[0] == [id(p) for p in module.supernet.parameters()]
    assert [i for group in groups[1:] for i in group] == [
        id(p) for p in module.algorithm.parameters()
    ]


def test_weights_are_updated_with_another_draw_than_alphas() -> None:
    module = make_search(DrNAS)
    one, other = (module.algorithm.draw(3, purpose)[0]["width"] for purpose in ("arch", "weights"))
    assert not torch.equal(one, other)
    torch.testing.assert_close(module.algorithm.draw(3, "arch")[0]["width"], one, rtol=0, atol=0)


def test_loss_over_several_architectures_is_the_mean() -> None:
    module = make_search(Extremes, arch_optimizer=None, weight_optimizer=partial(SGD, lr=1.0))
    x, target = planted_pair(16 * 6, seed=1)
    before = [p.detach().clone() for p in module.supernet.parameters()]
    space = module.supernet.space
    losses = [module.task.loss(module(x, a), target) for a in (space.largest(), space.smallest())]
    gradients = torch.autograd.grad(sum(losses) / 2, list(module.supernet.parameters()))
    make_trainer().fit(module, PlantedData(batch_size=96, batches=1))
    for parameter, start, gradient in zip(
        module.supernet.parameters(), before, gradients, strict=True
    ):
        torch.testing.assert_close(parameter.detach(), start - gradient)


def test_accumulating_batches_equals_larger_ones() -> None:
    states = []
    for batch_size, batches, accumulate in ((8, 6, 2), (16, 3, 1)):
        module = make_search(DrNAS, accumulate=accumulate, weight_clip=0.1, arch_clip=0.1)
        trainer = make_trainer(epochs=2, precision="64-true")
        trainer.fit(module, PlantedData(batch_size, batches))
        assert module.search_step == 6
        states.append(snapshot(module))
    torch.testing.assert_close(*states, rtol=1e-12, atol=1e-12)


def test_last_update_of_an_epoch_takes_what_is_left() -> None:
    module, spy = make_search(DrNAS, accumulate=4), Spy()
    make_trainer(callbacks=[spy], epochs=2).fit(module, PlantedData(batches=6))
    assert module.search_step == 4
    assert spy.count("weights") == spy.count("arch") == 4


@pytest.mark.parametrize(("option", "role"), [("weight_clip", "weights"), ("arch_clip", "arch")])
def test_gradient_norms_are_clipped_apart(option: str, role: str) -> None:
    limit = 1e-4
    rates = {"weight_optimizer": partial(SGD, lr=1.0), "arch_optimizer": partial(SGD, lr=1.0)}
    module = make_search(DARTS, **rates, **{option: limit})
    parts = {"weights": module.supernet, "arch": module.algorithm}
    before = {name: nn.utils.parameters_to_vector(p.parameters()) for name, p in parts.items()}
    make_trainer(limit_train_batches=1).fit(module, PlantedData())
    for name, part in parts.items():
        moved = (nn.utils.parameters_to_vector(part.parameters()) - before[name]).norm()
        assert (moved <= limit * 1.01) == (name == role)


def test_half_precision_clips_gradients_at_their_true_scale() -> None:
    def plugin() -> MixedPrecision:
        return MixedPrecision("16-mixed", "cpu", torch.amp.GradScaler("cpu", init_scale=2.0**12))

    states = []
    for options in ({}, {"plugins": [plugin()]}):
        module = make_search(DARTS, weight_clip=0.05, arch_clip=0.001)
        make_trainer(epochs=2, **options).fit(module, PlantedData())
        states.append(snapshot(module))
    torch.testing.assert_close(*states, rtol=0.05, atol=2e-3)


@pytest.mark.parametrize(("interval", "advances"), [("epoch", 2), ("step", 6)])
def test_schedule_advances_by_its_interval(interval: str, advances: int) -> None:
    module = make_search(
        DrNAS,
        weight_optimizer=partial(SGD, lr=1.0),
        scheduler=partial(LambdaLR, lr_lambda=lambda n: 1 / (1 + n)),
        scheduler_interval=interval,
        accumulate=2,
    )
    trainer = make_trainer(epochs=2)
    trainer.fit(module, PlantedData(batches=6))
    weights, arch = (optimizer.param_groups[0]["lr"] for optimizer in trainer.optimizers)
    assert weights == 1 / (1 + advances)
    assert arch == 0.02


def test_alphas_rest_during_warm_up() -> None:
    module, spy = make_search(DARTS, arch_warmup=0.5), Spy()
    start = [p.detach().clone() for p in module.algorithm.parameters()]
    make_trainer(callbacks=[spy], epochs=4).fit(module, PlantedData())
    same = [all(map(torch.equal, start, alphas)) for alphas in spy.alphas]
    assert same == [True, True, False, False]
    assert spy.count("arch") == 12
    assert spy.count("weights") == 24


def test_alphas_are_updated_every_so_often() -> None:
    module, spy = make_search(DARTS, arch_every=4), Spy()
    make_trainer(callbacks=[spy], epochs=2).fit(module, PlantedData(batches=6))
    assert [role for role, _ in spy.steps].count("arch") == 3  # updates 0, 4 and 8 of 12


def test_alphas_are_averaged_over_the_last_epochs_and_then_name_the_best() -> None:
    class Alphas(Callback):
        def __init__(self) -> None:
            self.seen: list[Tensor] = []

        def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
            (alpha,) = pl_module.algorithm.parameters()
            self.seen.append(alpha.detach().clone())

    module, alphas = make_search(DrNAS, arch_average=0.5), Alphas()
    make_trainer(epochs=4, callbacks=[alphas]).fit(module, PlantedData())
    ((_, mean),) = module.algorithm.average.items()
    torch.testing.assert_close(mean, torch.stack(alphas.seen[12:]).mean(0))
    with torch.no_grad():
        (alpha,) = module.algorithm.parameters()
        alpha.copy_(-mean)
    assert module.algorithm.incumbents() == {"best": {"width": int(mean.argmax())}}


def test_without_alphas_there_is_no_average() -> None:
    module = make_search(SPOS, arch_average=0.5)
    make_trainer(epochs=2).fit(module, PlantedData())
    assert "average" not in " ".join(module.state_dict())


def test_algorithm_is_told_how_far_the_search_is() -> None:
    module = make_search(DARTS)
    progress: list[float] = []
    module.algorithm.anneal = progress.append  # type: ignore[method-assign]
    make_trainer(epochs=3).fit(module, PlantedData())
    assert list(dict.fromkeys(progress)) == [0.0, 0.5, 1.0]


def test_it_is_told_again_when_a_search_resumes_inside_an_epoch(tmp_path: Path) -> None:
    callbacks = [BatchCheckpoint(every_n_batches=2), KillAt(1, 5)]
    with pytest.raises(Killed):
        make_trainer(tmp_path, 3, callbacks).fit(make_search(), PlantedData())
    module = make_search()
    progress: list[float] = []
    module.algorithm.anneal = progress.append  # type: ignore[method-assign]
    last = tmp_path / "checkpoints" / "last.ckpt"
    make_trainer(tmp_path, 3).fit(module, PlantedData(), ckpt_path=last)
    assert progress == [0.5, 1.0]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("kill", [(2, 0), (1, 5)], ids=["between_epochs", "within_an_epoch"])
def test_a_resumed_search_equals_an_uninterrupted_one(
    algorithm: type[SearchAlgorithm], kill: tuple[int, int], tmp_path: Path
) -> None:
    def make(seed: int) -> SearchModule:
        torch.manual_seed(0)
        module = make_search(algorithm, PlantedNet(norm=True), weight_clip=5.0,
                             arch_warmup=0.25, arch_average=0.75,
                             scheduler=partial(CosineAnnealingLR, T_max=4))  # fmt: skip
        torch.manual_seed(seed)  # a resumed process is in another random state
        return module

    whole = make(1)
    make_trainer(epochs=4).fit(whole, PlantedData())
    keeper = BatchCheckpoint(every_n_batches=2)
    with pytest.raises(Killed):
        make_trainer(tmp_path, 4, [keeper, KillAt(*kill)]).fit(make(2), PlantedData())
    resumed = make(3)
    last = tmp_path / "checkpoints" / "last.ckpt"
    make_trainer(tmp_path, 4, [BatchCheckpoint()]).fit(resumed, PlantedData(), ckpt_path=last)
    assert resumed.search_step == whole.search_step == 24
    torch.testing.assert_close(snapshot(resumed), snapshot(whole), rtol=0, atol=0)


def test_checkpoint_holds_plain_values_and_loads_with_the_objects_given(tmp_path: Path) -> None:
    module = make_search(DrNAS, accumulate=2)
    make_trainer(tmp_path, 1, [BatchCheckpoint()]).fit(module, PlantedData())
    path = tmp_path / "checkpoints" / "last.ckpt"
    content = torch.load(path, weights_only=True)
    assert json.loads(json.dumps(content["hyper_parameters"]))["accumulate"] == 2
    loaded = SearchModule.load_from_checkpoint(
        path,
        net=PlantedNet(),
        task=Classification(CLASSES),
        algorithm=DrNAS,
        weight_optimizer=partial(SGD, lr=0.1),
        arch_optimizer=partial(Adam, lr=0.02),
    )
    assert (loaded.search_step, loaded.accumulate) == (3, 2)
    torch.testing.assert_close(snapshot(loaded), snapshot(module), rtol=0, atol=0)


def test_a_checkpoint_of_another_space_is_refused(tmp_path: Path) -> None:
    make_trainer(tmp_path, 1, [BatchCheckpoint()]).fit(make_search(), PlantedData())
    other = make_search(net=PlantedNet(narrow=2))
    with pytest.raises(ValueError, match=r"search space \w+, but this network has the space"):
        make_trainer(tmp_path, 2).fit(
            other, PlantedData(), ckpt_path=tmp_path / "checkpoints" / "last.ckpt"
        )


def test_tested_networks_have_statistics_of_their_own() -> None:
    module, trainer = make_search(DARTS, PlantedNet(norm=True)), make_trainer(epochs=1)
    data = PlantedData()
    trainer.fit(module, data)
    arch = module.supernet.space.smallest()
    inputs = torch.cat([x for x, _ in data.train_dataloader().iterables["weights"]])
    features = module.supernet.extract(arch).layers[0](inputs)
    norm = module.standalone(arch).layers[1]
    torch.testing.assert_close(norm.running_mean, features.mean(0).detach())
    module.calibration_batches = 0
    kept = module.standalone(arch).layers[1].running_mean
    torch.testing.assert_close(kept, module.supernet.net.layers[1].running_mean[:1])


@pytest.mark.parametrize("calibrates", [False, True])
def test_validation_uses_the_supernets_statistics_unless_told(calibrates: bool) -> None:
    module = make_search(DARTS, PlantedNet(norm=True), calibrate_validation=calibrates)
    trainer = make_trainer(epochs=1)
    trainer.fit(module, PlantedData())
    (network,) = module.networks("val").values()
    assert isinstance(network, nn.Module) == calibrates
    assert all(isinstance(n, nn.Module) for n in module.networks("test").values())


def test_no_attribute_has_a_name_that_lightning_would_save_instead() -> None:
    module = make_search()
    assert not hasattr(module, "saved_models")
    assert not hasattr(module, "layer")


def test_every_backward_passes_through_the_trainer() -> None:
    folder = Path(tangle.modules.__path__[0])
    calls = [c for f in folder.glob("*.py") for c in re.findall(r"\w+\.backward\(", f.read_text())]
    assert calls == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"algorithm": DARTS, "arch_optimizer": None}, r"DARTS has .* set arch_optimizer"),
        (
            {"algorithm": SPOS, "arch_optimizer": partial(Adam, lr=1)},
            r"SPOS has no architecture parameters: remove arch_optimizer",
        ),
        ({"accumulate": 0}, r"accumulate is 0: it must be at least 1"),
        ({"arch_every": 0}, r"arch_every is 0: it must be at least 1"),
        ({"arch_warmup": 1.5}, r"arch_warmup is 1.5: it must be in \[0, 1\]"),
        ({"arch_average": -0.1}, r"arch_average is -0.1: it must be in \[0, 1\]"),
        ({"algorithm": Tempered, "arch_average": 0.5}, r"Tempered has no alphas to average.* at 0"),
        ({"weight_clip": 0.0}, r"weight_clip is 0.0: it must be above 0, or null"),
        ({"arch_clip": -1.0}, r"arch_clip is -1.0: it must be above 0, or null"),
        ({"calibration_batches": -1}, r"calibration_batches is -1: it must be at least 0"),
        ({"net": nn.Linear(1, 1)}, r"Linear has no choices"),
    ],
)
def test_bad_options_are_refused_at_construction(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_search(**options)


@pytest.mark.parametrize(
    ("module", "trainer", "message"),
    [
        ({}, {"gradient_clip_val": 1.0}, r"use weight_clip and arch_clip"),
        ({}, {"accumulate_grad_batches": 2}, r"use accumulate of SearchModule"),
        ({"arch_warmup": 0.5}, {"epochs": -1}, r"arch_warmup is 0.5.* set trainer.max_epochs"),
        ({"arch_average": 0.5}, {"epochs": -1}, r"arch_average is 0.5.* set trainer.max_epochs"),
        ({"scheduler": ReduceLROnPlateau}, {}, r"ReduceLROnPlateau.*CosineAnnealingLR"),
    ],
)
def test_bad_options_are_refused_before_training(
    module: dict[str, Any], trainer: dict[str, Any], message: str
) -> None:
    search = make_search(**module)
    with pytest.raises(ValueError, match=message):
        make_trainer(**trainer).fit(search, PlantedData())
    assert search.search_step == 0


def test_a_limit_of_steps_is_told_to_count_both_optimizers(
    caplog: pytest.LogCaptureFixture,
) -> None:
    module = make_search()
    make_trainer(max_steps=4).fit(module, PlantedData())
    assert module.search_step == 2
    assert "max_steps is 4, and counts the steps of both optimizers" in caplog.text


def test_data_without_an_arch_part_are_refused_before_training() -> None:
    module = make_search(DrNAS)
    with pytest.raises(ValueError, match=r"DrNAS trains .* set the data's arch_fraction above 0"):
        make_trainer().fit(module, PlantedData(arch_fraction=0.0))
    assert module.search_step == 0


def test_an_algorithm_without_alphas_needs_no_arch_part() -> None:
    module = make_search(SPOS)
    make_trainer().fit(module, PlantedData(arch_fraction=0.0))
    assert module.search_step == 6


def test_a_plain_loader_is_enough_without_alphas() -> None:
    module, data = make_search(SPOS), PlantedData()
    make_trainer().fit(module, data.train_dataloader().iterables["weights"], data.val_dataloader())
    assert module.search_step == 6


def test_depth_that_leaves_weights_out_trains_only_the_rest() -> None:
    import tangle.nn as tnn

    depth = Choice("depth", (1, 2))
    net = nn.Sequential(tnn.Stack(depth, [nn.Linear(4, 4), nn.Linear(4, 4)]), nn.Linear(4, CLASSES))

    class Shallow(Extremes):
        def sample(self) -> Sequence[Architecture]:
            return [self.space.smallest()]

    module = make_search(Shallow, net, arch_optimizer=None)
    before = snapshot(module)
    make_trainer().fit(module, PlantedData())
    moved = {
        name for name, value in snapshot(module).items() if not torch.equal(value, before[name])
    }
    learned = {name for name, _ in module.supernet.named_parameters(prefix="supernet")}
    assert moved == {name for name in learned if "blocks.1" not in name}
