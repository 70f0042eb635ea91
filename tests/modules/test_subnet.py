"""The network of one architecture: which weights it starts from, how it trains, what it refuses."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Callback
from lightning.pytorch.callbacks import EMAWeightAveraging
from torch import nn
from torch.optim import SGD
from torch.optim.lr_scheduler import LambdaLR

from tangle.callbacks import BatchCheckpoint, Discretize
from tangle.core import save_architecture
from tangle.modules import Classification, SearchModule, SubnetModule
from tests.planted import CLASSES, PlantedData, PlantedNet, make_search, make_trainer


def _subnet(net: nn.Module | None = None, **options: Any) -> SubnetModule:
    options = {"architecture": "smallest", "optimizer": partial(SGD, lr=0.1)} | options
    return SubnetModule(net or PlantedNet(), Classification(CLASSES), **options)


@pytest.fixture
def run(tmp_path: Path) -> tuple[Path, SearchModule]:
    module = make_search(net=PlantedNet(norm=True))
    make_trainer(tmp_path, 1, [BatchCheckpoint(), Discretize()]).fit(module, PlantedData())
    return tmp_path, module


def test_it_is_a_plain_network_of_the_true_size() -> None:
    widths = {name: _subnet(architecture=name).net.layers[0].out_features
              for name in ("largest", "smallest")}  # fmt: skip
    assert widths == {"largest": 8, "smallest": 1}
    assert all(type(m).__module__.startswith("torch.nn") for m in _subnet().net.layers.modules())


def test_from_scratch_it_starts_as_its_size_does() -> None:
    class Constant(PlantedNet):
        def init_weights(self) -> None:
            for module in self.modules():
                if isinstance(module, nn.Linear):
                    nn.init.constant_(module.weight, 1 / module.in_features)

    assert _subnet(Constant()).net.layers[3].weight.eq(1).all()  # of one input, not of eight


def test_it_inherits_the_weights_of_a_search(run: tuple[Path, SearchModule]) -> None:
    folder, search = run
    checkpoint = str(folder / "checkpoints" / "last.ckpt")
    module = _subnet(PlantedNet(norm=True), architecture=str(folder / "architecture.yaml"),
                     checkpoint=checkpoint)  # fmt: skip
    assert module.architecture == search.algorithm.incumbents()["best"]
    inherited = search.supernet.extract(module.architecture)
    torch.testing.assert_close(module.net.state_dict(), inherited.state_dict())


def test_an_inherited_network_is_calibrated_before_it_is_judged(
    run: tuple[Path, SearchModule],
) -> None:
    folder, _ = run
    options = {"checkpoint": str(folder / "checkpoints" / "last.ckpt")}
    for count in (20, 0):
        module = _subnet(PlantedNet(norm=True), calibration_batches=count, **options)
        before = module.net.layers[1].running_mean.clone()
        make_trainer().test(module, PlantedData(), verbose=False)
        assert torch.equal(module.net.layers[1].running_mean, before) == (count == 0)


def test_it_learns_from_both_kinds_of_batches() -> None:
    data = PlantedData(arch_fraction=0.0)
    plain = data.train_dataloader().iterables["weights"]
    for loaders in ({"datamodule": data}, {"train_dataloaders": plain}):
        torch.manual_seed(0)
        module, trainer = _subnet(architecture="largest", clip_norm=1.0), make_trainer(epochs=20)
        trainer.fit(module, **loaders)
        assert "train/loss" in trainer.callback_metrics
        metrics = trainer.test(module, data, verbose=False)[0]
        assert metrics["test/accuracy"] > 0.9


def test_the_gradient_is_clipped() -> None:
    module = _subnet(optimizer=partial(SGD, lr=1.0), clip_norm=1e-4)
    before = nn.utils.parameters_to_vector(module.parameters())
    make_trainer(limit_train_batches=1).fit(module, PlantedData())
    assert (nn.utils.parameters_to_vector(module.parameters()) - before).norm() <= 1.01e-4


def test_the_schedule_advances_after_each_epoch() -> None:
    module = _subnet(scheduler=partial(LambdaLR, lr_lambda=lambda n: 1 / (1 + n)))
    trainer = make_trainer(epochs=3)
    trainer.fit(module, PlantedData())
    assert trainer.optimizers[0].param_groups[0]["lr"] == pytest.approx(0.1 / 4)


def test_another_space_is_refused(run: tuple[Path, SearchModule], tmp_path: Path) -> None:
    folder, _ = run
    other = PlantedNet(narrow=2, norm=True)
    with pytest.raises(ValueError, match="belongs to the search space"):
        _subnet(other, architecture=str(folder / "architecture.yaml"))
    with pytest.raises(ValueError, match="checkpoint belongs to the search space"):
        _subnet(other, checkpoint=str(folder / "checkpoints" / "last.ckpt"))


def test_an_architecture_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    space = make_search().supernet.space
    save_architecture(tmp_path / "a.yaml", space.largest(), space)
    text = (tmp_path / "a.yaml").read_text().replace("width: 8", "width: 5")
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(ValueError, match="'width' has the value 5"):
        _subnet(architecture=str(tmp_path / "a.yaml"))


@pytest.mark.parametrize("option", ["architecture", "checkpoint"])
def test_missing_files_are_refused(option: str, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=rf"no {option}.* {tmp_path}/none"):
        _subnet(**{option: str(tmp_path / "none")})


def test_bad_options_are_refused() -> None:
    with pytest.raises(ValueError, match="clip_norm is -1"):
        _subnet(clip_norm=-1.0)


def test_it_imitates_the_largest_network_of_the_search(run: tuple[Path, SearchModule]) -> None:
    folder, search = run
    checkpoint = str(folder / "checkpoints" / "last.ckpt")
    module = _subnet(PlantedNet(norm=True), checkpoint=checkpoint, distillation=1.0)
    trainer = make_trainer(limit_train_batches=1)
    trainer.fit(module, PlantedData())
    assert not any("teacher" in name for name in module.state_dict())
    student = _subnet(PlantedNet(norm=True), checkpoint=checkpoint)
    make_trainer(limit_train_batches=0).fit(student, PlantedData())  # which calibrates
    x, _ = next(iter(PlantedData().train_dataloader().iterables["weights"]))
    teacher = search.standalone(search.supernet.space.largest()).eval()
    expected = module.task.imitation(student.net.train()(x), teacher(x).detach())
    torch.testing.assert_close(trainer.callback_metrics["train/loss"], expected.detach())


def test_the_schedule_may_advance_after_each_update() -> None:
    module = _subnet(scheduler=partial(LambdaLR, lr_lambda=lambda n: 1 / (1 + n)),
                     scheduler_interval="step")  # fmt: skip
    trainer = make_trainer(limit_train_batches=4)
    trainer.fit(module, PlantedData())
    assert trainer.optimizers[0].param_groups[0]["lr"] == pytest.approx(0.1 / 5)


def test_biases_may_be_spared_from_weight_decay() -> None:
    module = _subnet(optimizer=partial(SGD, lr=0.1, weight_decay=0.1), decay_vectors=False)
    trainer = make_trainer(limit_train_batches=1)
    trainer.fit(module, PlantedData())
    assert [group["weight_decay"] for group in trainer.optimizers[0].param_groups] == [0.1, 0.0]


def test_the_average_of_the_weights_is_what_is_kept() -> None:
    class Weights(Callback):
        """The weights after each update."""

        def __init__(self) -> None:
            self.seen: list[torch.Tensor] = []

        def on_train_batch_end(self, trainer: Any, pl_module: Any, *_: Any) -> None:
            self.seen.append(pl_module.net.layers[0].weight.detach().clone())

    weights, module = Weights(), _subnet(optimizer=partial(SGD, lr=0.5))
    callbacks = [weights, EMAWeightAveraging(decay=0.9)]
    make_trainer(callbacks=callbacks).fit(module, PlantedData())
    average = weights.seen[0]
    for later in weights.seen[1:]:
        average = 0.9 * average + 0.1 * later
    torch.testing.assert_close(module.net.layers[0].weight.detach(), average)


def test_data_that_do_not_fit_are_refused_before_anything_is_trained() -> None:
    class Wide(PlantedData):
        def train_dataloader(self) -> Any:
            return [(torch.randn(2, 5), torch.zeros(2, dtype=torch.long))]

    with pytest.raises(ValueError, match=r"PlantedNet does not take the data, .* shape \[2, 5\]"):
        make_trainer().fit(_subnet(), Wide())
