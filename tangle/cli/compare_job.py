"""One method with one seed: search, perhaps select, and train what was found from scratch."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import threading
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tangle.core.atomic import write_text
from tangle.core.table import read_table
from tangle.report.run import Run

_LENGTHS = ("T_max", "total")
"""What schedules call their length: torch's cosine, and `WarmupCosine`."""
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
        retrain_epochs: Epochs that the network found trains; None for as many as the search had.
        threads: Threads of the process.
    """

    folder: Path
    config: Path
    methods: tuple[tuple[str, str | None], ...]
    seed: int
    epochs: int | None
    seconds: float | None
    trials: int
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


def _fit(run: Path, options: Sequence[str]) -> None:
    """Train in a folder, from where a killed process left off, unless it is done."""
    from tangle.cli.lightning import main as lightning

    done = run / "fitted"
    if done.is_file():
        return
    resumes = (run / "checkpoints" / "last.ckpt").is_file()
    begins = ["--resume"] if resumes else ["--overwrite", *options]
    quiet = ["--trainer.enable_progress_bar", "false", "--trainer.enable_model_summary", "false"]
    lightning("fit", ["--run", str(run), *begins, *quiet])
    write_text(done, f"process {os.getpid()}\n")


def _search(job: Job) -> None:
    config: dict[str, Any] = yaml.safe_load(job.config.read_text(encoding="utf-8"))
    config["seed_everything"] = job.seed
    if epochs := job.epochs or _affordable_epochs(job):
        set_epochs(config, epochs)
    own = job.folder / "search.yaml"
    write_text(own, yaml.safe_dump(config, sort_keys=False))
    _fit(job.search, ["-c", str(own)])


def _affordable_epochs(job: Job) -> int | None:
    """Return how many epochs fit into the job's seconds, by timing one with alphas; at least 1."""
    if job.seconds is None:
        return None
    probe = job.folder / "probe"
    options = ["-c", str(job.config), "--trainer.max_epochs", "1", "--model.arch_warmup", "0"]
    _fit(probe, [*options, "--trainer.limit_val_batches", "0"])
    of_search = _TWO_STAGE_SHARE if any(sampler for _, sampler in job.methods) else 1.0
    return max(1, int(job.seconds * of_search / (Run(probe).seconds or 1.0)))


def set_epochs(config: dict[str, Any], epochs: int) -> None:
    """Set the epochs of a configuration, and the length of a schedule that counts them."""
    config["trainer"]["max_epochs"] = epochs
    options = config["model"]["init_args"]
    lengths = (options.get("scheduler") or {}).get("init_args", {})
    if options.get("scheduler_interval", "epoch") == "epoch":
        lengths |= {name: epochs for name in _LENGTHS if name in lengths}


def _judge(job: Job, name: str, sampler: str | None) -> None:
    """Train the network found from scratch, and keep its test metrics and what finding it took."""
    from tangle.cli.lightning import main as lightning

    part = job.result(sampler).parent
    architecture = job.search / "architecture.yaml"
    seconds = Run(job.search).seconds or 0.0
    if sampler is not None:
        left = None if job.seconds is None else max(0.0, job.seconds - seconds)
        folder = _select(job, sampler, left)
        architecture = folder / "architecture.yaml"
        trials = read_table(folder / "trials.csv")
        seconds += sum(float(trial["seconds"]) for trial in trials)
    part.mkdir(parents=True, exist_ok=True)
    config = part / "retrain.yaml"
    write_text(config, yaml.safe_dump(retraining(job, architecture), sort_keys=False))
    retrained = part / "retrained"
    _fit(retrained, ["-c", str(config)])
    lightning("test", ["--run", str(retrained), "--trainer.enable_progress_bar", "false"])
    metrics = yaml.safe_load((retrained / "test.yaml").read_text(encoding="utf-8"))
    row = {
        "method": name,
        "seed": job.seed,
        **{key.removeprefix("test/"): value for key, value in metrics.items()},
        "seconds": round(seconds, 1),
        "parameters": _parameters(retrained),
    }
    write_text(job.result(sampler), yaml.safe_dump(row, sort_keys=False))


def _select(job: Job, sampler: str, seconds: float | None) -> Path:
    """Run the second stage, for a number of seconds if given, and return its folder."""
    from tangle.cli.select import main as select

    options = ["--sampler", sampler, "--trials", str(job.trials), "--seed", str(job.seed)]
    options += [] if seconds is None else ["--minutes", str(seconds / 60)]
    select("select", [str(job.search), *options])
    return job.search / "selection" / sampler


def retraining(job: Job, architecture: Path) -> dict[str, Any]:
    """Return the configuration that trains an architecture with the recipe of its search.

    That is the search's own optimizer, schedule and clipping, on all training data.
    """
    from tangle.cli.run import subnet_config

    found = Run(job.search).config
    search: Mapping[str, Any] = found["model"]["init_args"]
    config = subnet_config(found, architecture=str(architecture), checkpoint=None)
    config["model"]["init_args"]["clip_norm"] = search["weight_clip"]
    config["data"]["init_args"]["arch_fraction"] = 0.0
    config["trainer"] |= {
        "accumulate_grad_batches": search["accumulate"],
        "limit_val_batches": 0,
        "max_time": None,
    }
    set_epochs(config, job.retrain_epochs or config["trainer"]["max_epochs"])
    return config


def _parameters(run: Path) -> int:
    from tangle.metrics import count_parameters
    from tangle.modules import SubnetModule

    checkpoint = run / "checkpoints" / "last.ckpt"
    subnet = SubnetModule.load_from_checkpoint(checkpoint, map_location="cpu")
    return count_parameters(subnet.net)
