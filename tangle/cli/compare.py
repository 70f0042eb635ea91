"""`tangle compare`: several methods over several seeds, side by side."""

from __future__ import annotations

import argparse
import contextlib
import io
import multiprocessing
import os
import sys
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Before Optuna: typing caches unions whatever their order, and the trainer's `int | float` would
# become `float | int`, by which a limit of 1 batch is read as 1.0, all of them.
import lightning.pytorch  # noqa: F401
import yaml

from tangle.cli.alone import alone
from tangle.cli.compare_check import check_benchmarks, check_named
from tangle.cli.compare_job import Job, die_with_parent, run_job
from tangle.cli.compare_plan import config_file, keep_plan
from tangle.cli.compare_results import Results
from tangle.cli.config_files import ADD_SPACE, check_files, check_model
from tangle.cli.slow_progress import slow_progress
from tangle.selection import SAMPLERS

_ABOUT = """\
Search with several methods and seeds, train each network found from scratch with the recipe of its
search, or look it up in a benchmark, and put the results side by side: a table, a paired test, and
the search over time. A comparison that was killed goes on by the same command; more seeds or
methods can be added to one. Options that are not below go to every search, as to tangle fit."""
_EXAMPLE = """\
examples:
  tangle compare --base lightning_configs/quickstart.yaml \\
    -c lightning_configs/algorithms/drnas.yaml \\
    -c lightning_configs/algorithms/spos.yaml+evolution --seeds 4 --out runs/compare
  tangle compare --base space.yaml -c a=drnas.yaml,short.yaml -c b=drnas.yaml --minutes 5
"""


@dataclass(frozen=True)
class Method:
    """One method: its configuration, and the sampler of its second stage if it has one.

    Attributes:
        search: Name of the search, which methods that differ in the second stage share.
        files: Paths of its configuration, later over earlier ones.
        sampler: The sampler; None for a search that names the architecture itself.
    """

    search: str
    files: tuple[str, ...]
    sampler: str | None

    @property
    def name(self) -> str:
        """The name in tables: `drnas`, or `spos+evolution`."""
        return f"{self.search}+{self.sampler}" if self.sampler else self.search

    @classmethod
    def parse(cls, text: str) -> Method:
        """Read `[NAME=]FILE[,FILE...][+SAMPLER]`; the name is by default that of the first file.

        Raises:
            FileNotFoundError: If the file does not exist.
            ValueError: If there is no such sampler.
        """
        config, plus, sampler = text, "", ""
        if "+" in text and not Path(text).is_file():  # paths may have the signs that divide, too
            config, plus, sampler = text.rpartition("+")
        name, equals, rest = config.partition("=")
        if not equals or Path(config).is_file():
            name, rest = "", config
        files = (rest,) if Path(rest).is_file() else tuple(rest.split(","))
        for file in files:
            if not Path(file).is_file():
                raise FileNotFoundError(f"--config {text}: there is no file {file}")
        if plus and sampler not in SAMPLERS:
            raise ValueError(
                f"--config {text}: there is no sampler {sampler!r}, use {', '.join(SAMPLERS)}"
            )
        if Path(name).name != name or name == "..":
            raise ValueError(
                f"--config {text}: the name {name!r} must be a plain name of a folder, without "
                "slashes"
            )
        return cls(name or Path(files[0]).stem, files, sampler or None)


def main(verb: str, arguments: Sequence[str]) -> None:
    """Run `tangle compare`.

    Raises:
        FileNotFoundError: If a configuration does not exist.
        ValueError: If an option is out of range, the folder holds another comparison or another
            process is at work in it, or a method failed.
    """
    options, rest = _parser().parse_known_args(arguments)
    methods = [Method.parse(text) for text in options.config]
    _check(options, methods)
    for method in methods:
        check_files([*options.base, *method.files])
        if not any(word.startswith("--model") for word in rest):
            check_model([*options.base, *method.files], ADD_SPACE)
    out = Path(options.out)
    base = [word for file in options.base for word in ("-c", file)]
    searches = {method.search: method.files for method in methods}
    configs = {
        name: merged_configuration([*base, *(w for file in files for w in ("-c", file)), *rest])
        for name, files in searches.items()
    }
    for method in methods:
        if method.sampler is None:
            check_named(method.files, configs[method.search])
    if not options.retrain:
        check_benchmarks(configs)
    with alone(out, "--out"):
        keep_plan(out, *_shared(options), configs, merged_configuration)
        try:
            failures = _run(_jobs(out, options, methods), options.jobs)
        except KeyboardInterrupt:
            sys.stdout.write("Stopped; the same command goes on from here.\n")
            raise SystemExit(130) from None
        results = Results(out, [(m.search, m.sampler, m.name) for m in methods], options.seeds)
        results.write_and_show()
    if failures:
        raise ValueError(
            f"{len(failures)} of the runs failed, the others are in {out}; the same command tries "
            f"these again: {'; '.join(failures)}"
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tangle compare",
        description=_ABOUT,
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        exit_on_error=False,
    )
    add = parser.add_argument
    add(
        "--base",
        action="append",
        default=[],
        metavar="FILE",
        help="a configuration that all methods share: space, data, trainer; several are joined",
    )
    add("--config", "-c", action="append", required=True, metavar="[NAME=]FILE[,FILE][+SAMPLER]",
        help="a method's configuration, over the shared one; several files are joined by commas, "
        "and the first names it unless NAME does; for a method of two stages followed "
        f"by + and the sampler of the second: {', '.join(SAMPLERS)}. The first is what the others "
        "are tested against")  # fmt: skip
    add(
        "--seeds",
        type=int,
        default=4,
        metavar="N",
        help="seeds 0, 1, ... of each method (%(default)s)",
    )
    add("--epochs", type=int, metavar="N", help="epochs of each search (as the configurations say)")
    add("--minutes", type=float, metavar="M",
        help="minutes of training for each search instead: one epoch is timed, and as many "
        "run as fit; of a two-stage method the first has 70 %%, the second the rest")  # fmt: skip
    add("--trials", type=int, default=100, metavar="N",
        help="architectures that a second stage evaluates (%(default)s)")  # fmt: skip
    add("--retrain-epochs", type=int, metavar="N",
        help="epochs that each network found trains (as many as its search)")  # fmt: skip
    add("--no-retrain", dest="retrain", action="store_false",
        help="do not train the networks found: compare what the benchmark given by "
        "--anytime.benchmark knows of them")  # fmt: skip
    add("--jobs", type=int, default=os.cpu_count() or 1, metavar="N",
        help="runs at a time; they share the cores (%(default)s)")  # fmt: skip
    add(
        "--out",
        default="runs/compare",
        metavar="DIR",
        help="folder of the comparison (%(default)s)",
    )
    return parser


def _check(options: argparse.Namespace, methods: Sequence[Method]) -> None:
    for name in ("seeds", "epochs", "minutes", "trials", "retrain_epochs", "jobs"):
        value = getattr(options, name)
        if value is not None and value <= 0:
            raise ValueError(f"--{name.replace('_', '-')} is {value}: it must be more than 0")
    if options.epochs and options.minutes:
        raise ValueError("--epochs and --minutes contradict each other: give one of them")
    for method in methods:
        others = [m for m in methods if m.search == method.search and m.files != method.files]
        if others:
            raise ValueError(
                f"{', '.join(method.files)} and {', '.join(others[0].files)} would both be called "
                f"{method.search}: give one of them a name, --config NAME=FILE"
            )
    names = [method.name for method in methods]
    if double := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"--config {double.pop()} is given twice: leave one out")


def merged_configuration(options: Sequence[str]) -> dict[str, Any]:
    """Return what the options of a `tangle fit` come to.

    Raises:
        ValueError: If they can't be parsed, or do not make a search.
    """
    from tangle.cli.lightning import execute

    text = io.StringIO()
    with contextlib.redirect_stdout(text), contextlib.suppress(SystemExit):
        execute("fit", [*options, "--print_config"])
    config: dict[str, Any] = yaml.safe_load(text.getvalue())
    if "algorithm" not in (config.get("model") or {}).get("init_args", {}):
        raise ValueError(f"{' '.join(options)} makes no search: give a SearchModule as model")
    return config


def _shared(options: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the options that all results depend on, and their defaults."""
    names, parser = ("epochs", "minutes", "trials", "retrain", "retrain_epochs"), _parser()
    given = {name: getattr(options, name) for name in names}
    return given, {name: parser.get_default(name) for name in names}


def _jobs(out: Path, options: argparse.Namespace, methods: Sequence[Method]) -> list[Job]:
    """Return a job for each search: methods that differ in the second stage share the first."""
    threads = max(1, (os.cpu_count() or 1) // options.jobs)
    return [
        Job(
            folder=out / search / f"seed{seed}",
            config=config_file(out, search),
            methods=tuple((m.name, m.sampler) for m in methods if m.search == search),
            seed=seed,
            epochs=options.epochs,
            seconds=None if options.minutes is None else 60 * options.minutes,
            trials=options.trials,
            retrain=options.retrain,
            retrain_epochs=options.retrain_epochs,
            threads=threads,
        )
        for seed in range(options.seeds)
        for search in dict.fromkeys(method.search for method in methods)
    ]


def _run(jobs: Sequence[Job], workers: int) -> list[str]:
    """Run the jobs that are left, and return what went wrong."""
    failures = []
    left = [job for job in jobs if not job.is_done]
    spawn = multiprocessing.get_context("spawn")  # torch's threads do not survive a fork
    with (
        slow_progress() as progress,
        ProcessPoolExecutor(workers, spawn, initializer=die_with_parent) as pool,
    ):
        bar = progress.add_task("searches", total=len(jobs), completed=len(jobs) - len(left))
        futures: dict[Future[str | None], Job] = {pool.submit(run_job, job): job for job in left}
        try:
            for future in as_completed(futures):
                job = futures[future]
                if error := future.result():
                    failures.append(f"{job.folder} ({error}; see {job.log})")
                progress.console.print(f"{job.folder}: {error or 'done'}")
                progress.advance(bar)
        except BrokenProcessPool as error:
            raise ValueError(
                "One of the runs was killed, perhaps for want of memory: the same command goes on, "
                "with fewer --jobs if it happens again"
            ) from error
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return failures
