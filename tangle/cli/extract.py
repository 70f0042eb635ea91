"""`tangle extract`: a network of a run as files that need no tangle, with proof."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from tangle.cli.closing import tell_network
from tangle.cli.extraction import CARD, FILES, extract
from tangle.cli.model_card import ModelCard
from tangle.cli.network_folder import check_onnx
from tangle.cli.run import ARCHITECTURE, Run
from tangle.cli.run_folder import CONTENT


def main(verb: str, arguments: Sequence[str]) -> None:
    """Run `tangle extract`.

    Raises:
        FileNotFoundError: If there is no run, or no architecture file.
        FileExistsError: If the folder to write exists.
        ValueError: If the run has not finished an epoch, or the architecture is of another space.
    """
    options = _parser().parse_args(arguments)
    if options.calibration_batches < 0:
        raise ValueError(
            f"--calibration-batches is {options.calibration_batches}: it must be at least 0"
        )
    out = Path(options.out)
    _check_free(out, force=options.force)
    if options.onnx:
        check_onnx()
    run = Run.load(options.run)
    card = extract(
        run, run.architecture(options.arch), out,
        onnx=options.onnx, calibration_batches=options.calibration_batches,
    )  # fmt: skip
    _show(card, out)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tangle extract",
        description="Write a network of a run as plain PyTorch: source, weights, architecture, a "
        "model card, and proof that they compute the same.",
        epilog="example: tangle extract runs/mine --out found --onnx",
    )
    parser.add_argument(
        "run", metavar="RUN", help="folder of a search, or of the training of a found network"
    )
    parser.add_argument("--out", required=True, metavar="DIR", help="folder to write")
    parser.add_argument(
        "--arch",
        metavar="FILE",
        help="architecture file of the run's space, or largest or smallest (the one found)",
    )
    parser.add_argument("--force", action="store_true", help="replace the network in the folder")
    parser.add_argument("--onnx", action="store_true", help="write model.onnx as well")
    parser.add_argument(
        "--calibration-batches",
        "--calibration_batches",
        type=int,
        default=20,
        metavar="N",
        help="training batches from which running statistics are taken anew; 0 keeps them "
        "(%(default)s)",
    )
    return parser


def _check_free(out: Path, *, force: bool) -> None:
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not force:
        raise FileExistsError(
            f"{out} exists: choose another folder by --out, or replace it by --force"
        )
    if not (out / ARCHITECTURE).is_file() or not (out / CARD).is_file():
        raise FileExistsError(
            f"{out} holds something other than an extracted network, which --force does not "
            "replace: choose another folder by --out"
        )
    if others := sorted({path.name for path in out.iterdir()} - {*FILES, *CONTENT, "__pycache__"}):
        raise FileExistsError(
            f"{out} holds {others[0]} beside an extracted network, which --force would remove: "
            "move it away, or choose another folder by --out"
        )


def _show(card: ModelCard, out: Path) -> None:
    console = Console(highlight=False, markup=False)
    for name, (before, after) in card.recalibration.items():
        console.print(f"{name}: {before:.4f} with the supernet's running statistics, "
                      f"{after:.4f} with its own")  # fmt: skip
    for name, value in card.metrics.items():
        console.print(f"{name}: {value:.4f}")
    for pair, (apart, most) in card.parity.items():
        console.print(f"{pair}: {apart:.1e} apart (limit {most:.0e})")
    console.print(f"{card.parameters:,} parameters, {card.macs:,} MACs an input")
    tell_network(out, console)
