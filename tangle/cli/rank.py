"""`tangle rank`: whether inherited weights order architectures as training from scratch does."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

# Before Optuna: typing caches unions whatever their order, and the trainer's `int | float` would
# become `float | int`, by which a limit of 1 batch is read as 1.0, all of them.
import lightning.pytorch  # noqa: F401
from rich.console import Console

from tangle.cli.alone import alone
from tangle.cli.quiet import quiet
from tangle.cli.rank_results import LEAST, Ranked, show, write
from tangle.cli.rank_study import RankStudy
from tangle.cli.slow_progress import slow_progress

_EXAMPLE = """\
examples:
  tangle rank runs/spos --architectures 20 --epochs 10
  tangle rank runs/spos --architectures 10 --arch mine.yaml --out runs/spos_rank
"""


def main(verb: str, arguments: Sequence[str]) -> None:
    """Run `tangle rank`.

    Raises:
        FileNotFoundError: If the folder has no trained supernet, or an architecture no file.
        ValueError: If an option is out of range, the output folder has another study or another
            process is at work in it, or a training failed.
    """
    options = _parser().parse_args(arguments)
    _check(options)
    console = Console(file=sys.stdout, highlight=False, markup=False)
    out = Path(options.out or Path(options.run) / "rank")
    with quiet():
        study = RankStudy(
            Path(options.run), out, options.arch, count=options.architectures,
            epochs=options.epochs, seed=options.seed, device=options.device,
        )  # fmt: skip
        try:
            with alone(out, "--out"):
                rows = _run(study, console)
        except (KeyboardInterrupt, SystemExit) as stop:  # the latter is what Lightning makes of it
            console.print("Stopped; the same command goes on from here.")
            raise SystemExit(getattr(stop, "code", None) or 130) from None
    write(rows, study.metric, out, seed=options.seed)
    if len(rows) >= LEAST:
        show(
            rows, study.metric, out, console, seed=options.seed,
            larger_is_better=study.larger_is_better,
        )  # fmt: skip
    if study.failures:
        raise ValueError(
            f"{len(study.failures)} of {len(study)} trainings failed, and are left out; the same "
            f"command tries them again: {'; '.join(study.failures)}"
        )


def _run(study: RankStudy, console: Console) -> list[Ranked]:
    rows: list[Ranked] = []
    with slow_progress(console=console, redirect_stdout=False) as progress:
        bar = progress.add_task("Architectures", total=len(study))
        for row in study.rows():
            rows.append(row)
            write(rows, study.metric, study.out, seed=study.seed)
            progress.advance(bar)
    return rows


def _check(options: argparse.Namespace) -> None:
    for name, least in (("architectures", 0), ("epochs", 1), ("seed", 0)):
        value = getattr(options, name)
        if value is not None and value < least:
            raise ValueError(f"--{name} is {value}: it must be at least {least}")
    if options.architectures + len(options.arch) < LEAST:
        raise ValueError(
            f"--architectures is {options.architectures} and there are {len(options.arch)} of "
            f"--arch: a rank correlation needs at least {LEAST} architectures, and says little of "
            "fewer than 20"
        )
    if options.out and os.path.exists(options.out) and not os.path.isdir(options.out):
        raise ValueError(f"--out is {options.out}, which is a file: give a folder")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tangle rank", allow_abbrev=False, exit_on_error=False, epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Tell how well the weights of a trained supernet order architectures: the rank "
        "correlation of\nwhat random architectures are worth with inherited weights (on validation "
        "data) and after training\nfrom scratch by the recipe of the search (on test data). Writes "
        "rank.csv, rank.yaml and rank.png.\nWhat was killed goes on by the same command; more "
        "architectures can be added to it.",
    )  # fmt: skip
    add = parser.add_argument
    add("run", metavar="SEARCH_RUN", help="folder of the search whose supernet is trained")
    add(
        "--architectures", type=int, default=20, metavar="N",
        help="random distinct architectures to compare (%(default)s)",
    )  # fmt: skip
    add(
        "--arch", action="append", default=[], metavar="FILE",
        help="an architecture to compare beside the random ones, or largest or smallest; may be "
        "repeated",
    )  # fmt: skip
    add(
        "--epochs", type=int, metavar="E",
        help="epochs that each trains from scratch (as many as the search)",
    )  # fmt: skip
    add("--seed", type=int, default=0, metavar="N",
        help="seed of the draw and of all trainings (%(default)s)")  # fmt: skip
    add("--device", default="auto", metavar="NAME",
        help="where inherited weights are judged: auto, cpu, cuda, ... (%(default)s)")  # fmt: skip
    add("--out", metavar="DIR", help="folder of the results (SEARCH_RUN/rank)")
    return parser
