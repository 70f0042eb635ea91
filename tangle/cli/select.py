"""`tangle select`: the second stage, a search among the architectures of a trained supernet."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import TextColumn

from tangle.cli.rebuild import rebuild
from tangle.cli.run import read_config
from tangle.cli.run_folder import RunFolder
from tangle.cli.select_options import evolution_settings, parse_options
from tangle.cli.selection_tables import show, write_tables
from tangle.cli.slow_progress import slow_progress
from tangle.cli.subject import Subject
from tangle.selection import SAMPLERS, Budget, EvolutionSettings, Study, Trial


def main(verb: str, arguments: Sequence[str]) -> None:
    """Run `tangle select`.

    Raises:
        FileNotFoundError: If the folder has no trained supernet.
        ValueError: If an option is out of range.
    """
    options = parse_options(arguments)
    console = Console(markup=False)  # a folder may be called [a]
    try:
        study = select(
            options.run, sampler=options.sampler, trials=options.trials, minutes=options.minutes,
            objectives=options.objectives, max_params=options.max_params,
            max_macs=options.max_macs, name=options.name, seed=options.seed,
            evolution=evolution_settings(options), latency_batch=options.latency_batch,
            val_batches=options.val_batches, device=options.device, overwrite=options.overwrite,
        )  # fmt: skip
    except KeyboardInterrupt:
        console.print("Stopped; the same command goes on from here.")
        raise SystemExit(130) from None
    show(study, console, run=Path(options.run), trials=options.trials)


def select(
    run: str | Path,
    *,
    sampler: str = "evolution",
    trials: int = 200,
    minutes: float | None = None,
    minutes_of_study: bool = False,
    objectives: Sequence[str] | None = None,
    max_params: float | None = None,
    max_macs: float | None = None,
    name: str | None = None,
    seed: int = 0,
    evolution: EvolutionSettings | None = None,
    latency_batch: int = 1,
    val_batches: int | None = None,
    device: str = "auto",
    overwrite: bool = False,
) -> Study:
    """Search the architectures of a trained supernet, judged with the weights that they inherit.

    Everything is kept in `<run>/selection/<name>`. A study that is there goes on, whether it was
    interrupted or is to become longer, and other processes may run it at the same time.

    Args:
        run: Folder of the search whose supernet is trained.
        sampler: `random`, `evolution`, `nsga2` or `tpe`.
        trials: Architectures to evaluate, those of former and concurrent runs included.
        minutes: After which no other evaluation is begun; None for no limit.
        minutes_of_study: Whether these count the evaluations of former runs of the study, too.
        objectives: Metrics of the task, `params`, `macs` or `latency`; None for the task's main
            metric. With several, the first says which architecture is best.
        max_params: The most parameters of an architecture.
        max_macs: The most multiply-accumulates of an architecture, for one input.
        name: Of the study, if not the sampler's.
        seed: Of all draws.
        evolution: Settings of the sampler `evolution`.
        latency_batch: Inputs in a forward whose time `latency` is.
        val_batches: Validation batches that judge an architecture; None for as many as judged the
            search, its `trainer.limit_val_batches`, which by default are all.
        device: Where networks run: `auto`, `cpu`, `cuda` or one of torch's names.
        overwrite: Whether to begin the study anew.

    Returns:
        The study, whose `best`, `front` and `trials` tell the results.

    Raises:
        FileNotFoundError: If the folder has no trained supernet.
        ValueError: If an option is out of range, or no architecture keeps the limits.
    """
    _check(sampler, trials, minutes, val_batches, name)
    given = RunFolder(Path(run))
    module, data = rebuild(given)
    subject = Subject(
        module, data, device=device, latency_batch=latency_batch,
        val_batches=val_batches or _val_batches(read_config(given)),
    )  # fmt: skip
    chosen = subject.objectives(objectives or [module.task.monitor])
    limits = {"params": max_params, "macs": max_macs}
    budget = Budget(
        subject.space, subject.costs, {n: v for n, v in limits.items() if v is not None}
    )
    folder = Path(run) / "selection" / (name or sampler)
    if overwrite and folder.is_dir():
        shutil.rmtree(folder)
    study = Study(
        subject.space, folder, chosen, sampler=sampler, seed=seed, budget=budget,
        evolution=evolution, subject=subject.identity(latency="latency" in (objectives or ())),
    )  # fmt: skip
    try:
        seconds = math.inf if minutes is None else 60 * minutes
        if minutes_of_study:
            seconds -= sum(trial.seconds for trial in study.trials)
        if seconds > 0 or not study.trials:
            with _progress(study, trials) as report:
                study.run(subject.scorer(chosen), trials, seconds=seconds, report=report)
    finally:
        write_tables(study, provenance={"sampler": sampler, "seed": seed, "run": str(run)})
    return study


def _check(
    sampler: str, trials: int, minutes: float | None, val_batches: int | None, name: str | None
) -> None:
    """Refuse what can be refused before anything is loaded."""
    if sampler not in SAMPLERS:
        raise ValueError(f"There is no sampler {sampler!r}: choose one of {', '.join(SAMPLERS)}")
    if trials < 1:
        raise ValueError(f"trials is {trials}: it must be at least 1")
    if val_batches is not None and val_batches < 1:
        raise ValueError(f"val_batches is {val_batches}: it must be at least 1")
    if minutes is not None and not minutes >= 0:
        raise ValueError(f"minutes is {minutes}: it must be at least 0")
    if name is not None and (Path(name).name != name or name.startswith(".")):
        raise ValueError(f"name is {name!r}: it must be a plain name of a folder, without slashes")


def _val_batches(config: Mapping[str, Any]) -> int | None:
    """Return the number of batches that the search was validated on, if it was limited to some."""
    limit = (config.get("trainer") or {}).get("limit_val_batches")
    if isinstance(limit, float) and limit > 1:  # a number of batches all the same
        return int(limit)
    return limit if isinstance(limit, int) and not isinstance(limit, bool) and limit > 0 else None


@contextmanager
def _progress(study: Study, trials: int) -> Iterator[Callable[[int, Trial], None]]:
    """Show how many trials there are and the best so far, and yield what is told of each."""
    first, former = study.objectives[0], study.trials
    values = [trial.values[first.name] for trial in former]
    with slow_progress(TextColumn("{task.fields[best]}")) as progress:
        bar = progress.add_task("Selecting", total=trials, completed=len(former), best="")

        def report(count: int, trial: Trial) -> None:
            values[:] = [min([*values, trial.values[first.name]], key=first.cost)]
            progress.update(bar, completed=count, best=f"best {first.name} {values[0]:.4g}")

        yield report
