"""The final trainings of found cells: their networks, and a few steps of each on miniature data."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from safetensors import safe_open
from torch import nn

from tangle.cli.main import main
from tangle.cli.run import Run
from tangle.core import load_architecture
from tangle.data import CIFAR10, ImageNet
from tangle.nn import Supernet, drop_training_parts
from tangle.spaces.blocks.drop_path import DropPath
from tests.data.cifar_records import COUNTS, write_records
from tests.data.pictures import write_pictures

CONFIGS = Path(__file__).parents[1] / "lightning_configs"
TRAIN = CONFIGS / "train"
DARTS_V2 = CONFIGS / "architectures" / "darts" / "darts_v2.yaml"
NET = "--model.net"
SMALL = [f"{NET}.channels", "4", f"{NET}.num_cells", "3"]
FEW_NODES = [f"{NET}.num_nodes", "2"]
BRIEF = ["--trainer.accelerator", "cpu", "--trainer.enable_progress_bar", "false",
         "--trainer.max_epochs", "2", "--trainer.limit_train_batches", "1",
         "--trainer.limit_val_batches", "1", "--data.batch_size", "8"]  # fmt: skip


def recipe(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((TRAIN / f"{name}.yaml").read_text())
    return content


def network(name: str) -> Supernet:
    given = recipe(name)["model"]["init_args"]["net"]
    place, _, kind = given["class_path"].rpartition(".")
    with torch.device("meta"):
        return Supernet(getattr(import_module(place), kind)(**given["init_args"]))


def num_parameters(net: nn.Module) -> int:
    return sum(p.numel() for p in net.parameters())


@pytest.mark.parametrize(
    ("name", "count", "auxiliary"),
    [("darts_cifar10", 3_349_342, 476_426), ("darts_imagenet", 4_718_752, 1_260_776)],
)
def test_recipes_train_darts_own_network_of_its_published_size(name, count, auxiliary):
    """What the authors' code prints for DARTS_V2, and the sizes of its auxiliary classifiers."""
    supernet = network(name)
    net = supernet.extract(load_architecture(DARTS_V2, supernet.space))
    assert num_parameters(net) == count + auxiliary
    drop_training_parts(net)
    assert num_parameters(net) == count


@pytest.mark.parametrize(
    ("operation", "count"), [("nor_conv_3x3", 1_531_546), ("skip_connect", 73_306)]
)
def test_the_recipe_of_nasbench201_trains_networks_of_its_tables_sizes(operation, count):
    """The benchmark's largest and smallest number of parameters, for ten classes."""
    supernet = network("nasbench201")
    arch = supernet.space.parse(dict.fromkeys(supernet.space, operation))
    assert num_parameters(supernet.extract(arch)) == count


def test_recipes_have_the_numbers_of_their_papers():
    """Spec, 4.6: DARTS' protocols; NAS-Bench-201, Table 1."""
    for name, epochs, batch, rate, decay, clip in (
        ("darts_cifar10", 600, 96, 0.025, 3e-4, 5.0),
        ("darts_imagenet", 250, 128, 0.1, 3e-5, 5.0),
        ("nasbench201", 200, 256, 0.1, 5e-4, None),
    ):
        given = recipe(name)
        model, data = given["model"]["init_args"], given["data"]
        data = data.get("init_args", data)
        sgd = model["optimizer"]["init_args"]
        assert model["optimizer"]["class_path"] == "torch.optim.SGD"
        assert (given["trainer"]["max_epochs"], data["batch_size"]) == (epochs, batch)
        assert (sgd["lr"], sgd["momentum"], sgd["weight_decay"]) == (rate, 0.9, decay)
        assert sgd.get("nesterov", False) == (name == "nasbench201")
        assert (model["clip_norm"], model["checkpoint"]) == (clip, None)
        assert data["arch_fraction"] == data["val_fraction"] == 0  # all training images
        schedule = model["scheduler"]["init_args"]
        lengths = {schedule[key] for key in ("total", "T_max") if key in schedule}
        assert lengths <= {epochs}
    for name, drop_path, smoothing in (("darts_cifar10", 0.2, 0.0), ("darts_imagenet", 0.0, 0.1)):
        model = recipe(name)["model"]["init_args"]
        task = model["task"]["init_args"]
        assert model["net"]["init_args"]["drop_path"] == drop_path
        assert (task["auxiliary_weight"], task.get("label_smoothing", 0.0)) == (0.4, smoothing)


@pytest.fixture
def cifar(tmp_path, monkeypatch):
    """Options for a miniature CIFAR-10."""
    monkeypatch.setattr(CIFAR10, "records_per_file", COUNTS[CIFAR10])
    write_records(CIFAR10, tmp_path / "data")
    return ["-c", str(CONFIGS / "data" / "cifar10.yaml"), "--data.root", str(tmp_path / "data")]


@pytest.fixture
def imagenet(tmp_path, monkeypatch):
    """Options for a miniature ImageNet."""
    monkeypatch.setattr(ImageNet, "total", 3)
    root = tmp_path / "imagenet"
    for part, first in (("train", 0), ("val", 100)):
        write_pictures(root / part, dict.fromkeys(("ant", "bee", "cow"), 6), first=first)
    return ["--data.root", str(root), "--data.num_workers", "0", "--data.batch_size", "4",
            f"{NET}.num_classes", "3", "--model.task.num_classes", "3"]  # fmt: skip


@pytest.fixture
def search(tmp_path, cifar):
    """A search of one step, with partial channels."""
    run = tmp_path / "search"
    spaces = [word for name in ("darts", "partial_channels")
              for word in ("-c", str(CONFIGS / "spaces" / f"{name}.yaml"))]  # fmt: skip
    algorithm = ["-c", str(CONFIGS / "algorithms" / "darts.yaml"), "--model.arch_warmup", "0"]
    small = [f"{NET}.channels", "8", f"{NET}.num_cells", "3", *FEW_NODES]
    words = [*spaces, *cifar, *algorithm, *small, *BRIEF, "--trainer.max_epochs", "1"]
    assert main(["fit", *words, "--run", str(run)]) == 0
    return run


def test_what_a_search_on_partial_channels_found_is_trained_resumed_and_extracted(
    search, tmp_path, capsys
):
    run, out = tmp_path / "trained", tmp_path / "net"
    words = ["-c", str(TRAIN / "darts_cifar10.yaml"), *SMALL, *BRIEF]
    assert main(["fit", "--search", str(search), *words, "--run", str(run)]) == 0
    config = yaml.safe_load((run / "config.yaml").read_text())
    assert config["model"]["init_args"]["net"]["init_args"]["partial_channels"] == 1
    assert main(["fit", "--run", str(run), "--resume", "--trainer.max_epochs", "3"]) == 0
    trained = Run.load(run)
    assert trained.epochs == 3
    assert trained.architecture(None) == Run.load(search).architecture(None)
    assert num_parameters(trained.module.net.auxiliary) > 0
    assert main(["extract", str(run), "--out", str(out)]) == 0
    source = (out / "model.py").read_text()
    assert "auxiliary" not in source
    with safe_open(out / "weights.safetensors", "pt") as weights:
        kept = dict.fromkeys(weights.keys())
        assert not any("auxiliary" in name for name in kept)
    assert main(["test", "--run", str(run)]) == 0
    expected = yaml.safe_load((run / "test.yaml").read_text())
    assert main(["test", "--run", str(out)]) == 0
    assert yaml.safe_load((out / "test.yaml").read_text()) == pytest.approx(expected, rel=1e-4)


def test_what_a_search_on_cifar_found_is_trained_for_imagenet(search, imagenet, tmp_path):
    words = ["-c", str(TRAIN / "darts_imagenet.yaml"), *SMALL, *BRIEF, *imagenet]
    run = tmp_path / "run"
    assert main(["fit", "--search", str(search), *words, "--run", str(run)]) == 0
    data = yaml.safe_load((run / "config.yaml").read_text())["data"]
    assert data["class_path"] == "tangle.data.ImageNet"
    assert not data["init_args"].get("augment_normalized")


def test_a_published_cell_is_trained_for_imagenet_without_a_search(imagenet, tmp_path):
    words = ["-c", str(TRAIN / "darts_imagenet.yaml"), *SMALL, *BRIEF, *imagenet]
    run = tmp_path / "run"
    assert main(["fit", *words, "--model.architecture", str(DARTS_V2), "--run", str(run)]) == 0
    assert main(["test", "--run", str(run)]) == 0


def test_a_cell_of_nasbench201_is_trained_after_a_search_and_without(cifar, tmp_path):
    small = [f"{NET}.channels", "[4, 8]", f"{NET}.num_cells", "1"]
    search, run = tmp_path / "search", tmp_path / "run"
    layers = [word for name in ("spaces/nasbench201", "algorithms/darts")
              for word in ("-c", str(CONFIGS / f"{name}.yaml"))]  # fmt: skip
    assert main(["fit", *layers, *cifar, *small, *BRIEF, "--run", str(search)]) == 0
    train = ["-c", str(TRAIN / "nasbench201.yaml"), *BRIEF]
    assert main(["fit", "--search", str(search), *train, "--run", str(run)]) == 0
    norms = [m for m in Run.load(run).module.net.modules() if isinstance(m, nn.BatchNorm2d)]
    assert all(norm.affine for norm in norms)
    alone = ["--model.architecture", str(search / "architecture.yaml"),
             "--model.task.num_classes", "10", *small]  # fmt: skip
    assert main(["fit", *cifar, *train, *alone, "--run", str(tmp_path / "alone")]) == 0


def test_the_auxiliary_loss_and_dropped_paths_act_in_training_alone(cifar, tmp_path):
    run = tmp_path / "run"
    words = [*cifar, "-c", str(TRAIN / "darts_cifar10.yaml"), *SMALL, *FEW_NODES, *BRIEF,
             "--model.architecture", "largest", "--run", str(run)]  # fmt: skip
    assert main(["fit", *words]) == 0
    module = Run.load(run).module.train()
    x, y = torch.randn(6, 3, 32, 32), torch.arange(6)
    module.net.ramp_drop_path(0.0)
    logits, auxiliary = module.net(x)
    expected = nn.functional.cross_entropy(logits, y) + 0.4 * nn.functional.cross_entropy(
        auxiliary, y
    )
    loss = module.task.loss((logits, auxiliary), y)
    torch.testing.assert_close(loss, expected)
    loss.backward()
    assert all(p.grad.abs().sum() > 0 for p in module.net.auxiliary.parameters())
    module.net.ramp_drop_path(1.0)
    dropped: list[float] = []

    def watch(_: nn.Module, inputs: tuple[torch.Tensor], output: torch.Tensor) -> None:
        alive = inputs[0].flatten(1).abs().amax(1) > 0
        gone = output.flatten(1).abs().amax(1) == 0
        dropped.append(float(gone[alive].float().mean()))

    for part in (m for m in module.net.modules() if isinstance(m, DropPath)):
        part.register_forward_hook(watch)  # type: ignore[arg-type]
    with torch.no_grad():
        for _ in range(5):
            module.net(x)
        assert 0.1 < sum(dropped) / len(dropped) < 0.3
        dropped.clear()
        assert module.eval().net(x).shape == (6, 10)
    assert set(dropped) == {0.0}
