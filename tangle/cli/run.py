"""A run that is over, or paused, as objects again."""

from __future__ import annotations

import io
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import yaml
from lightning.pytorch import LightningDataModule
from lightning.pytorch.cli import LightningArgumentParser
from torch import nn

# Imported so that a configuration can name their classes without their modules.
from tangle import algorithms, modules, spaces  # noqa: F401
from tangle import data as _data  # noqa: F401
from tangle.benchmarks import Benchmark
from tangle.cli.run_folder import RunFolder
from tangle.core import Architecture, SearchSpace
from tangle.modules import SearchModule, SubnetModule
from tangle.modules.subnet import chosen_architecture
from tangle.nn import drop_training_parts

SUBNET = "tangle.modules.SubnetModule"
ARCHITECTURE, WEIGHTS = "architecture.yaml", "weights.safetensors"


@dataclass(frozen=True)
class Run:
    """A run's network and data.

    Attributes:
        folder: Where it is.
        config: Its whole configuration.
        module: The search, or the training of a found network, with the weights of now.
        epochs: Epochs that it has finished.
    """

    folder: RunFolder
    config: Mapping[str, Any]
    module: SearchModule | SubnetModule
    epochs: int

    @classmethod
    def load(cls, path: str | Path) -> Run:
        """Return the run in a folder.

        Raises:
            FileNotFoundError: If there is none.
            ValueError: If it has not finished an epoch.
        """
        folder = RunFolder(Path(path))
        config = read_config(folder)
        epochs = check_finished(folder)
        return cls(folder, config, _module(folder), epochs)

    @property
    def space(self) -> SearchSpace:
        """The search space."""
        module = self.module
        return module.supernet.space if isinstance(module, SearchModule) else module.space

    def architecture(self, given: str | None) -> Architecture:
        """Return a given architecture, or the one that the run found or trained.

        Args:
            given: Path of an architecture file, or `largest` or `smallest`; None for the run's.

        Raises:
            FileNotFoundError: If there is no such file.
            ValueError: If it is of another space, or the run names or allows none.
        """
        if not isinstance(self.module, SearchModule):
            if given is not None:
                raise ValueError(
                    f"--arch is {given}, but {self.folder.path} trained one network: leave out "
                    "--arch, or give the folder of the search"
                )
            return self.module.architecture
        own = self.folder.path / ARCHITECTURE
        if given is None and not own.is_file():
            raise ValueError(
                f"{type(self.module.algorithm).__name__} trained a supernet in {self.folder.path} "
                "and named no best architecture: give one by --arch FILE, or largest or smallest"
            )
        return chosen_architecture(given or str(own), self.space)

    def network(self, arch: Architecture) -> nn.Module:
        """Return the network with the weights and running statistics of the run, for inference.

        That is without what only training needs.
        """
        module = self.module
        net = module.supernet.extract(arch) if isinstance(module, SearchModule) else module.net
        drop_training_parts(net)
        return net.eval().requires_grad_(False)

    def data(self) -> LightningDataModule:
        """Return the data that the run was trained on."""
        return make_data(self.config)


def read_config(folder: RunFolder) -> dict[str, Any]:
    """Return the whole configuration of a run.

    Raises:
        FileNotFoundError: If there is none.
    """
    if not folder.config.is_file():
        raise FileNotFoundError(
            f"{folder.path} holds no run, as {folder.config} does not exist: give the folder that "
            "tangle fit --run wrote"
        )
    config: dict[str, Any] = yaml.safe_load(folder.config.read_text(encoding="utf-8"))
    return config


def make_data(config: Mapping[str, Any]) -> LightningDataModule:
    """Return the data of a configuration; a seed of 0 follows that of the run."""
    given = dict(config["data"])
    options = dict(given.get("init_args") or {})
    seed = config.get("seed_everything")
    if options.get("seed") == 0 and isinstance(seed, int) and not isinstance(seed, bool):
        given["init_args"] = {**options, "seed": seed}
    parser = LightningArgumentParser(exit_on_error=False)
    parser.add_subclass_arguments(LightningDataModule, "data", required=True)
    made = parser.instantiate_classes(parser.parse_object({"data": given}))
    data: LightningDataModule = made.data
    return data


def make_benchmark(config: Mapping[str, Any]) -> Benchmark | None:
    """Return the benchmark that a search looks its architectures up in; None if it has none."""
    given = (config.get("anytime") or {}).get("benchmark")
    if given is None:
        return None
    parser = LightningArgumentParser(exit_on_error=False)
    parser.add_subclass_arguments(Benchmark, "benchmark", required=True)
    made = parser.instantiate_classes(parser.parse_object({"benchmark": given}))
    benchmark: Benchmark = made.benchmark
    return benchmark


def subnet_config(
    config: Mapping[str, Any], *, architecture: str, checkpoint: str | None
) -> dict[str, Any]:
    """Return the configuration that trains or judges a network of a search, or of its training.

    Args:
        config: The configuration of the search, or of a training.
        architecture: Path of an architecture file, or `largest` or `smallest`.
        checkpoint: Path of the weights to inherit.
    """
    given = config["model"]["init_args"]
    options = {
        "net": given["net"],
        "task": given["task"],
        "architecture": architecture,
        "optimizer": given.get("weight_optimizer") or given.get("optimizer"),
        "scheduler": given.get("scheduler"),
        "scheduler_interval": given.get("scheduler_interval", "epoch"),
        "checkpoint": checkpoint,
        "calibration_batches": given["calibration_batches"],
        "lr_scaling": given.get("lr_scaling"),
    }
    model = {"class_path": SUBNET, "init_args": options}
    kept = {name: config[name] for name in ("seed_everything", "trainer", "data") if name in config}
    trainer = {**(kept.get("trainer") or {}), "callbacks": None}  # those were made for the search
    return {**kept, "trainer": trainer, "model": model}


def _module(folder: RunFolder) -> SearchModule | SubnetModule:
    path = folder.whole_checkpoint()
    if is_search(read_config(folder)):
        return SearchModule.load_from_checkpoint(path, map_location="cpu")
    # The checkpoint has all weights; those that training began with need not be there any more.
    checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    checkpoint["hyper_parameters"] |= {
        "architecture": str(folder.path / ARCHITECTURE),
        "checkpoint": None,
        "new_head": False,
        "distillation": 0.0,
    }
    changed = io.BytesIO()
    torch.save(checkpoint, changed)
    changed.seek(0)
    return SubnetModule.load_from_checkpoint(changed, map_location="cpu")


def network_config(folder: RunFolder, architecture: str | None) -> dict[str, Any]:
    """Return the configuration of an architecture with the weights in a folder.

    Args:
        folder: The run of a search, or an extracted network.
        architecture: Path of an architecture file, or `largest` or `smallest`; None for the one
            found.

    Raises:
        FileNotFoundError: If the folder holds neither.
        ValueError: If the folder holds the weights of one network, and another is asked for; or
            if the search has not finished an epoch or names no architecture.
    """
    config = read_config(folder)
    own, weights = folder.path / ARCHITECTURE, folder.path / WEIGHTS
    if not is_search(config) and architecture is not None:
        raise ValueError(
            f"--arch is {architecture}, but {folder.path} holds the weights of one network: leave "
            "out --arch, or give the folder of a search"
        )
    if architecture is None and not own.is_file():
        raise ValueError(
            f"The search in {folder.path} names no best architecture: give one by --arch FILE, or "
            "largest or smallest"
        )
    if not weights.is_file():
        check_finished(folder)
        weights = folder.checkpoint
    return subnet_config(config, architecture=architecture or str(own), checkpoint=str(weights))


def is_search(config: Mapping[str, Any]) -> bool:
    """Return whether a configuration is that of a search."""
    return not config["model"]["class_path"].endswith("SubnetModule")


def check_weights(folder: RunFolder) -> None:
    """Check that a run has weights, its own or those that it is to begin with.

    Raises:
        FileNotFoundError: If it has none, as it was stopped before it could save.
    """
    given = (read_config(folder).get("model") or {}).get("init_args") or {}
    if not folder.checkpoint.is_file() and given.get("checkpoint") is None:
        raise FileNotFoundError(
            f"{folder.path} holds no weights, as {folder.checkpoint} does not exist: train anew by "
            f"tangle fit -c {folder.config} --run {folder.path} --overwrite, or give the folder of "
            "a run that keeps checkpoints"
        )


def check_finished(folder: RunFolder) -> int:
    """Return how many epochs a run has finished.

    Raises:
        FileNotFoundError: If it has no checkpoint.
        ValueError: If it has finished none, or its checkpoints are damaged.
    """
    if not folder.checkpoint.is_file():
        raise FileNotFoundError(
            f"{folder.path} holds no weights, as {folder.checkpoint} does not exist: give the "
            "folder of a run that keeps checkpoints"
        )
    epochs = finished_epochs(folder.whole_checkpoint())
    if epochs == 0:
        raise ValueError(
            f"The run in {folder.path} has not finished an epoch, so its weights and its "
            "architecture are worth nothing yet: tangle fit --run "
            f"{shlex.quote(str(folder.path))} --resume goes on with it"
        )
    return epochs


def finished_epochs(checkpoint: Path) -> int:
    """Return how many epochs the run of a checkpoint had finished."""
    # Mapped, as of a large file only this is read.
    loops = torch.load(checkpoint, map_location="cpu", weights_only=True, mmap=True)["loops"]
    return int(loops["fit_loop"]["epoch_progress"]["total"]["processed"])
