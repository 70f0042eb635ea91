"""One method with one seed: search, perhaps select, and train what was found from scratch."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import threading
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tangle.benchmarks import Benchmark
from tangle.cli.compare_curve import search_curve, selection_curve
from tangle.cli.retraining import fit_or_resume, retrained, set_epochs
from tangle.core import Architecture, SearchSpace
from tangle.core.atomic import write_text
from tangle.core.table import write_table
from tangle.report.run import Run
from tangle.selection import Study

_TWO_STAGE_SHARE = 0.7
"""Share of a two-stage method's seconds that goes to training the supernet."""


@dataclass(frozen=True)
class Job:
    """What one process does, in a folder of its own; a job that is begun again goes on.

    Attributes:
        folder: `search/` in it is the run, and each selection has a folder of its own.
        config: The configuration of the search, whole.
        methods: Names of the results, each with the sampler of its second stage, or None for a
            search that names the architecture itself.
        seed: The seed of everything.
        epochs: Epochs of the search; None for those of the configuration.
        seconds: What training and second stage may take instead.
        trials: Architectures that a second stage evaluates.
        retrain: Whether the network found is trained and tested.
        retrain_epochs: Epochs that it trains; None for as many as the search had.
        threads: Threads of the process.
    """

    folder: Path
    config: Path
    methods: tuple[tuple[str, str | None], ...]
    seed: int
    epochs: int | None
    seconds: float | None
    trials: int
    retrain: bool
    retrain_epochs: int | None
    threads: int

    @property
    def log(self) -> Path:
        """What the job prints."""
        return self.folder / "log.txt"

    def result(self, sampler: str | None) -> Path:
        """Return where a method's result is kept; it exists when all of it is done."""
        return self._part(sampler) / "result.yaml"

    @property
    def is_done(self) -> bool:
        """Whether all results are there."""
        return all(self.result(sampler).is_file() for _, sampler in self.methods)

    def _part(self, sampler: str | None) -> Path:
        return self.folder / (sampler or "argmax")

    @property
    def search(self) -> Path:
        """The run of the search."""
        return self.folder / "search"


def die_with_parent() -> None:
    """End this process when the one that started it is gone, which may have been killed."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def run_job(job: Job) -> str | None:
    """Do what is left of a job.

    Returns:
        What went wrong, in one line; None if all went well.
    """
    import torch

    from tangle.cli.errors import one_line

    torch.set_num_threads(job.threads)
    job.folder.mkdir(parents=True, exist_ok=True)
    with (
        job.log.open("a", encoding="utf-8") as log,
        contextlib.redirect_stdout(log),
        contextlib.redirect_stderr(log),
    ):
        try:
            _search(job)
            for name, sampler in job.methods:
                if not job.result(sampler).is_file():
                    _judge(job, name, sampler)
        except Exception as error:
            traceback.print_exc()
            return one_line(error) or type(error).__name__
    return None


def _search(job: Job) -> None:
    config: dict[str, Any] = yaml.safe_load(job.config.read_text(encoding="utf-8"))
    config["seed_everything"] = job.seed
    if epochs := job.epochs or _affordable_epochs(job, config):
        set_epochs(config, epochs)
    own = job.folder / "search.yaml"
    write_text(own, yaml.safe_dump(config, sort_keys=False))
    fit_or_resume(job.search, ["-c", str(own)])


def _affordable_epochs(job: Job, config: dict[str, Any]) -> int | None:
    """Return how many epochs fit into the job's seconds, by timing two; at least 1.

    The first of the two is without alphas, as in their warm-up, and the second with them.
    """
    if job.seconds is None:
        return None
    probe = job.folder / "probe"
    options = ["-c", str(job.config), "--trainer.max_epochs", "2", "--model.arch_warmup", "0.5"]
    fit_or_resume(probe, [*options, "--trainer.limit_val_batches", "0"])
    ends = [float(row["seconds"]) for row in Run(probe).anytime]
    warmup = config["model"]["init_args"]["arch_warmup"]
    of_epoch = warmup * ends[0] + (1 - warmup) * (ends[1] - ends[0])
    of_search = _TWO_STAGE_SHARE if any(sampler for _, sampler in job.methods) else 1.0
    return max(1, int(job.seconds * of_search / of_epoch))


def _judge(job: Job, name: str, sampler: str | None) -> None:
    """Keep what finding the network took and what it is worth, by training it or by a benchmark."""
    from tangle.cli.run import Run as Trained
    from tangle.cli.run import make_benchmark
    from tangle.metrics import count_parameters

    part = job.result(sampler).parent
    search = Trained.load(job.search)
    benchmark = make_benchmark(search.config)
    seconds = Run(job.search).seconds or 0.0
    architecture = job.search / "architecture.yaml"
    curve = search_curve(Run(job.search), benchmark)
    if sampler is not None:
        study = _select(job, sampler, None if job.seconds is None else job.seconds - seconds)
        architecture = study.folder / "architecture.yaml"
        curve = selection_curve(study, seconds, benchmark)
        seconds += sum(trial.seconds for trial in study.trials)
    part.mkdir(parents=True, exist_ok=True)
    write_table(part / "curve.csv", curve)
    found = search.architecture(str(architecture))
    row = {
        "method": name,
        "seed": job.seed,
        **(retrained(job.search, architecture, part, job.retrain_epochs) if job.retrain else {}),
        **({} if benchmark is None else _known(benchmark, found, search.space)),
        "seconds": round(seconds, 1),
        "parameters": count_parameters(search.network(found)),
    }
    write_text(job.result(sampler), yaml.safe_dump(row, sort_keys=False))


def _known(benchmark: Benchmark, arch: Architecture, space: SearchSpace) -> dict[str, float]:
    known = benchmark.lookup(arch, space)
    names = (benchmark.metric, "rank", "regret", "failed")
    return {f"benchmark/{name}": known[name] for name in names if name in known}


def _select(job: Job, sampler: str, seconds: float | None) -> Study:
    """Run the second stage, for a number of seconds if given, those before a kill among them."""
    from tangle.cli.select import select

    minutes = None if seconds is None else max(0.0, seconds) / 60
    return select(
        job.search, sampler=sampler, trials=job.trials, minutes=minutes, minutes_of_study=True,
        seed=job.seed,
    )  # fmt: skip
