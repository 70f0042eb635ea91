"""`tangle demo`: a search on real images, and what its result is worth."""

from __future__ import annotations

import argparse
import copy
import csv
import io
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

import torch
from lightning.pytorch import LightningDataModule, Trainer, seed_everything
from rich.console import Console
from rich.table import Table

from tangle.cli.closing import command, tell_next
from tangle.cli.lightning import execute
from tangle.cli.quiet import quiet
from tangle.cli.run_folder import RunFolder
from tangle.cli.shipped import shipped
from tangle.cli.slow_progress import slow_progress
from tangle.core import Architecture, load_architecture, save_architecture
from tangle.core.atomic import write_text
from tangle.data import FashionMNIST
from tangle.metrics import count_macs, count_parameters
from tangle.modules import SearchModule, SubnetModule

_LEARNING_RATE = 2e-3
_SEED = 0


@dataclass(frozen=True)
class Row:
    """One network of the comparison.

    Attributes:
        name: What the network is.
        accuracy: Share of the test images that it classifies right.
        parameters: Number of parameters.
        macs: Multiply-accumulate operations for one image.
    """

    name: str
    accuracy: float
    parameters: float
    macs: float


def main(verb: str, arguments: Sequence[str]) -> None:
    """Run `tangle demo`.

    Raises:
        FileNotFoundError: If the quickstart's configuration was not installed.
        FileExistsError: If the run's folder holds a run.
        ValueError: If an option is out of range.
    """
    options = _parser().parse_args(arguments)
    for name, least in (("randoms", 0), ("epochs", 1)):
        if (value := getattr(options, name)) < least:
            raise ValueError(f"--{name} is {value}: it must be at least {least}")
    if not options.overwrite and RunFolder(Path(options.run)).is_taken():
        raise FileExistsError(
            f"{options.run} already holds a run: choose another folder by --run DIR, or replace it "
            "by --overwrite"
        )
    start = time.monotonic()
    overwrite = ["--overwrite"] if options.overwrite else []
    execute("fit", ["-c", str(shipped("quickstart.yaml")), "--run", options.run, *overwrite])
    run = Path(options.run)
    rows = compare(run, randoms=options.randoms, epochs=options.epochs)
    _write(run / "comparison.csv", rows)
    _show(rows, run, epochs=options.epochs, seconds=time.monotonic() - start)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tangle demo",
        description="Search on the embedded Fashion-MNIST, train the network found and others with "
        "the same budget, and compare them: two to three minutes.",
        epilog="example: tangle demo --run runs/demo --overwrite",
    )
    parser.add_argument(
        "--run", default="runs/demo", metavar="DIR", help="folder of the run (%(default)s)"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace the run in the folder")
    parser.add_argument(
        "--randoms",
        type=int,
        default=10,
        metavar="N",
        help="random architectures to compare with (%(default)s)",
    )
    parser.add_argument(
        "--epochs",
        type=int,
        default=3,
        metavar="N",
        help="epochs that each network of the comparison trains (%(default)s)",
    )
    return parser


def compare(run: Path, *, randoms: int, epochs: int) -> list[Row]:
    """Train the network found and others from scratch, each with the same budget.

    Args:
        run: Folder of a finished search on Fashion-MNIST.
        randoms: Number of random architectures.
        epochs: Epochs that each network trains, on all training images.

    Returns:
        The network found, the largest and the smallest, and each random one.
    """
    search = SearchModule.load_from_checkpoint(
        run / "checkpoints" / "last.ckpt", map_location="cpu"
    )
    space, rng = search.supernet.space, Random(_SEED)
    architectures: dict[str, Architecture] = {
        "found": load_architecture(run / "architecture.yaml", space),
        "largest": space.largest(),
        "smallest": space.smallest(),
        **{f"random_{i}": space.sample(rng) for i in range(1, randoms + 1)},
    }
    data = FashionMNIST(arch_fraction=0.0, seed=_SEED)
    with quiet(), slow_progress() as progress:
        return [
            _train(search, name, arch, data, run / "comparison", epochs)
            for name, arch in progress.track(
                architectures.items(), description=f"Training {len(architectures)} networks"
            )
        ]


def _train(
    search: SearchModule,
    name: str,
    arch: Architecture,
    data: LightningDataModule,
    folder: Path,
    epochs: int,
) -> Row:
    seed_everything(_SEED, verbose=False)
    file = folder / f"{name}.yaml"
    save_architecture(file, arch, search.supernet.space, {"role": name})
    subnet = SubnetModule(
        copy.deepcopy(search.supernet.net),
        search.task,
        architecture=str(file),
        optimizer=partial(torch.optim.Adam, lr=_LEARNING_RATE),
        scheduler=partial(torch.optim.lr_scheduler.CosineAnnealingLR, T_max=epochs),
    )
    trainer = Trainer(
        accelerator="cpu", max_epochs=epochs, limit_val_batches=0, logger=False,
        enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
        use_distributed_sampler=False,
    )  # fmt: skip
    trainer.fit(subnet, data)
    metrics = trainer.test(subnet, data, verbose=False)[0]
    return Row(
        name,
        metrics["test/accuracy"],
        count_parameters(subnet.net),
        count_macs(subnet.net, torch.zeros(1, *FashionMNIST.image_shape)),
    )


def _summary(rows: Sequence[Row]) -> Iterator[tuple[str, str, str, str]]:
    """Yield the lines of the table: three networks, and the mean of the random ones."""
    named, randoms = rows[:3], rows[3:]
    for row in named:
        yield row.name, f"{row.accuracy:.1%}", f"{row.parameters:,}", f"{row.macs:,}"
    if randoms:
        accuracies = [row.accuracy for row in randoms]
        spread = f" ± {statistics.stdev(accuracies):.1%}" if len(randoms) > 1 else ""
        yield (
            f"mean of {len(randoms)} random",
            f"{statistics.mean(accuracies):.1%}{spread}",
            f"{statistics.mean(row.parameters for row in randoms):,.0f}",
            f"{statistics.mean(row.macs for row in randoms):,.0f}",
        )


def _show(rows: Sequence[Row], run: Path, *, epochs: int, seconds: float) -> None:
    table = Table(title=f"Each network trained from scratch for {epochs} epochs")
    table.add_column("network")
    for column in ("test accuracy", "parameters", "MACs an image"):
        table.add_column(column, justify="right")
    for line in _summary(rows):
        table.add_row(*line)
    console = Console(markup=False)
    console.print(table)
    console.print(
        f"{seconds:.0f} s in all. {run}/architecture.yaml is the architecture found, "
        f"{run}/subnet its network, {run}/arch_weights.png how the decision was made.",
        soft_wrap=True,
    )
    again = command("fit", "-c", f"{run}/config.yaml", "--run", f"{run}_longer")
    tell_next(
        console,
        {
            command("report", str(run)): "a page about the search",
            command("extract", str(run), "--out", f"{run}_network"): "plain PyTorch, and proof",
            f"{again} --trainer.max_epochs 20": "a search of your own",
        },
    )


def _write(path: Path, rows: Sequence[Row]) -> None:
    text = io.StringIO()
    columns: Mapping[str, object] = vars(rows[0])
    writer = csv.DictWriter(text, list(columns))
    writer.writeheader()
    writer.writerows(vars(row) for row in rows)
    write_text(path, text.getvalue())
