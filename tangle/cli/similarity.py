"""`tangle similarity`: what two networks compute, compared layer by layer."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import torch
from rich.console import Console
from torch import Tensor, nn

from tangle.cli.run import Run
from tangle.core.atomic import replacing
from tangle.core.table import write_table
from tangle.metrics import draw_similarity, layer_features, similarity
from tangle.modules import SearchModule, recalibrate
from tangle.modules.batches import loaders_of, weight_part


def main(verb: str, arguments: Sequence[str]) -> None:
    """Run `tangle similarity`.

    Raises:
        FileNotFoundError: If a folder holds no run.
        ValueError: If a run has not finished an epoch, or the networks take other inputs.
    """
    options = _parser().parse_args(arguments)
    if options.batches < 1:
        raise ValueError(f"--batches is {options.batches}: it must be at least 1")
    one, other = Run.load(options.one), Run.load(options.other)
    data = one.data()
    data.prepare_data()
    data.setup("fit")
    data.setup("test")
    inputs = [x for x, _ in islice(data.test_dataloader(), options.batches)]
    calibration = [x for x, _ in islice(weight_part(loaders_of(data)), 20)]
    features = [layer_features(_network(run, calibration), inputs) for run in (one, other)]
    data.teardown("test")
    matrix = similarity(*features)
    rows, columns = list(features[0]), list(features[1])
    names = one.folder.path.name, other.folder.path.name
    _write(Path(options.out), matrix, rows, columns, names=names)
    _show(matrix, rows, columns, Path(options.out))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tangle similarity",
        description="Compare what the layers of two networks put out for test inputs, by linear "
        "CKA: 1 is the same up to rotation and scale. Writes similarity.csv and similarity.png.",
        epilog="example: tangle similarity runs/mine runs/retrained --out runs/similarity",
    )
    parser.add_argument(
        "one", metavar="RUN", help="folder of a search (its found network) or of a training"
    )
    parser.add_argument("other", metavar="OTHER", help="another one, on the same data")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder for table and picture")
    parser.add_argument(
        "--batches",
        type=int,
        default=8,
        metavar="N",
        help="test batches to compare on (%(default)s)",
    )
    return parser


def _network(run: Run, calibration: Sequence[Tensor]) -> nn.Module:
    net = run.network(run.architecture(None))
    if isinstance(run.module, SearchModule):
        recalibrate(net, calibration)
    return net


def _write(
    out: Path, matrix: Tensor, rows: list[str], columns: list[str], *, names: tuple[str, str]
) -> None:
    write_table(
        out / "similarity.csv",
        [
            {"layer": row, **dict(zip(columns, map(float, values), strict=True))}
            for row, values in zip(rows, matrix, strict=True)
        ],
    )
    with replacing(out / "similarity.png") as temporary:
        draw_similarity(matrix, rows, columns, names=names).savefig(temporary, dpi=150)


def _show(matrix: Tensor, rows: list[str], columns: list[str], out: Path) -> None:
    console = Console(highlight=False, markup=False)
    for row, values in zip(rows, matrix, strict=True):
        best = int(torch.argmax(values))
        most_alike = f"{float(values[best]):.3f} to {columns[best]}, the most alike"
        if columns[best] == row:
            most_alike = f"{float(values[best]):.3f} to its own, the most alike"
        elif row in columns:
            most_alike = f"{float(values[columns.index(row)]):.3f} to its own, {most_alike}"
        console.print(f"{row}: {most_alike}")
    console.print(
        f"{out}/similarity.csv has all pairs, similarity.png the picture.", soft_wrap=True
    )
