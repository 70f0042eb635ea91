"""`tangle select`: the second stage, a search over the architectures of a trained supernet."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tangle.cli.run import Run
from tangle.core import Architecture, save_architecture
from tangle.core.atomic import replacing
from tangle.core.table import write_table
from tangle.metrics import count_macs, count_parameters, measure_latency
from tangle.modules import Candidates, SearchModule
from tangle.modules.batches import loaders_of, weight_part
from tangle.nn import Supernet
from tangle.report import draw_front
from tangle.selection import Objective, Selection, make_sampler

SAMPLERS = ("random", "evolution", "nsga2", "tpe")
COSTS = ("params", "macs", "latency")
_EVOLUTION = ("population", "select", "mutants", "crossovers", "mutation", "structural_mutation")


@dataclass
class Costs:
    """What an architecture of a supernet costs, each counted once.

    Attributes:
        supernet: The supernet.
        inputs: A batch, of which the first is used for MACs and all for the latency.
    """

    supernet: Supernet
    inputs: Any

    def __post_init__(self) -> None:
        """Begin without counts."""
        self._known: dict[tuple[str, tuple[int, ...]], float] = {}

    def __call__(self, name: str, arch: Architecture) -> float:
        """Return parameters, MACs for one input, or the median seconds of a batch."""
        key = name, tuple(arch[choice] for choice in self.supernet.space)
        if key not in self._known:
            net = self.supernet.extract(arch).eval()
            if name == "params":
                self._known[key] = count_parameters(net)
            elif name == "macs":
                self._known[key] = count_macs(net, self.inputs[:1])
            else:
                self._known[key] = measure_latency(net, self.inputs).median
        return self._known[key]


def main(verb: str, arguments: Sequence[str]) -> None:
    """Run `tangle select`.

    Raises:
        FileNotFoundError: If the run or its weights are not there.
        ValueError: If an option is out of range, the run trains no supernet, or nothing is within
            the budget.
    """
    options = _parser().parse_args(arguments)
    _check(options)
    run = Run.load(options.run)
    search = run.module
    if not isinstance(search, SearchModule):
        raise ValueError(f"{options.run} trains one network, no supernet: give the run of a search")
    data = run.data()
    data.prepare_data()
    data.setup("fit")
    batches = list(data.val_dataloader())
    if not batches:
        raise ValueError(
            f"{options.run} has no validation data to select by: set data.val_fraction"
        )
    costs = Costs(search.supernet, batches[0][0])
    budgets = {"params": options.max_params, "macs": options.max_macs}
    is_feasible = _within({n: b for n, b in budgets.items() if b is not None}, costs)
    objectives = _objectives(options.objectives, search)
    sampler = make_sampler(
        options.sampler,
        search.supernet.space,
        seed=options.seed,
        evolution={n: v for n in _EVOLUTION if (v := getattr(options, n)) is not None},
    )
    if options.sampler == "evolution" and len(objectives) > 1:
        raise ValueError(
            f"--sampler evolution has one objective, not {len(objectives)}: use nsga2 or tpe"
        )
    folder = Path(options.run) / "selection" / (options.name or options.sampler)
    selection = Selection(
        search.supernet.space, objectives, folder / "study.journal", sampler=sampler,
        is_feasible=is_feasible, seed=options.seed,
    )  # fmt: skip
    calibration = _inputs(data, search.calibration_batches)
    candidates = Candidates(search.supernet, search.task, batches, calibration)
    _evaluate(selection, candidates, costs, options.trials)
    _keep(selection, search, folder, options)
    _show(selection, costs, folder)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tangle select",
        description="Search the architectures of a trained supernet, each with inherited weights "
        "on the validation data. All trials are kept in RUN/selection: a killed command goes on by "
        "the same command, and several at a time share the work. Look at them by optuna-dashboard "
        "RUN/selection/NAME/study.journal (pip install optuna-dashboard).",
        epilog="example: tangle select runs/spos --sampler evolution --trials 300 --max-params 1e6",
        allow_abbrev=False,
        exit_on_error=False,
    )
    add = parser.add_argument
    add("run", metavar="RUN", help="folder of the search that trained the supernet")
    add("--sampler", default="evolution",
        help=f"what proposes architectures: {', '.join(SAMPLERS)} (%(default)s)")  # fmt: skip
    add("--trials", type=int, default=100,
        help="architectures to evaluate, former commands' included (%(default)s)")  # fmt: skip
    add("--objectives", help="what to judge by, the most important first, joined by commas: "
        f"metrics of the task, {', '.join(COSTS)} (the task's main metric)")  # fmt: skip
    add("--max-params", type=float, help="most parameters that an architecture may have")
    add("--max-macs", type=float, help="most MACs that an architecture may take for one input")
    add("--seed", type=int, default=0, help="seed of all draws (%(default)s)")
    add("--name", help="name of the selection's folder (the sampler's)")
    evolution = parser.add_argument_group("options of the sampler evolution")
    add = evolution.add_argument
    add("--population", type=int, help="architectures in a generation (50)")
    add("--select", type=int, help="best architectures from which parents are drawn (10)")
    add("--mutants", type=int, help="mutants in a generation (25)")
    add("--crossovers", type=int, help="crossings in a generation (25)")
    add("--mutation", type=float, help="probability that a choice is drawn anew (0.2)")
    add("--structural-mutation", type=float,
        help="the same for choices on which others depend, such as depth (0.4)")  # fmt: skip
    return parser


def _check(options: argparse.Namespace) -> None:
    if options.sampler not in SAMPLERS:
        raise ValueError(
            f"--sampler {options.sampler}: there is no such sampler, use {', '.join(SAMPLERS)}"
        )
    for name in ("trials", "max_params", "max_macs"):
        value = getattr(options, name)
        if value is not None and value <= 0:
            raise ValueError(f"--{name.replace('_', '-')} is {value}: it must be more than 0")
    given = [name for name in _EVOLUTION if getattr(options, name) is not None]
    if given and options.sampler != "evolution":
        raise ValueError(
            f"--{given[0].replace('_', '-')} is an option of --sampler evolution, not of "
            f"{options.sampler}: leave it out"
        )


def _objectives(text: str | None, search: SearchModule) -> list[Objective]:
    """Return the objectives by name; metrics that are losses or costs are made small."""
    task = search.task
    metrics = list(task.metrics().keys())
    names = text.split(",") if text else [task.monitor]
    for name in names:
        if name not in (*metrics, *COSTS):
            raise ValueError(
                f"--objectives {text}: there is no objective {name!r}, use "
                f"{', '.join([*map(str, metrics), *COSTS])}"
            )
    if len(set(names)) < len(names):
        raise ValueError(f"--objectives {text}: each may be given once")
    small = {*COSTS, *(name for name in metrics if "loss" in str(name) or name == "perplexity")}
    if task.monitor in names and not task.larger_is_better:
        small.add(task.monitor)
    return [Objective(name, name not in small) for name in names]


def _within(budgets: Mapping[str, float], costs: Costs) -> Callable[[Architecture], bool] | None:
    """Return whether an architecture keeps all budgets; None if there are none.

    Raises:
        ValueError: If no architecture keeps one of them.
    """
    space = costs.supernet.space
    for name, budget in budgets.items():
        least, most = costs(name, space.smallest()), costs(name, space.largest())
        if budget < least:
            raise ValueError(
                f"--max-{name} is {budget:,.0f}, but the architectures of this space have "
                f"{least:,.0f} to {most:,.0f}: give at least {least:,.0f}"
            )
    if not budgets:
        return None
    return lambda arch: all(costs(name, arch) <= budget for name, budget in budgets.items())


def _inputs(data: Any, count: int) -> list[Any]:
    """Return inputs of the first training batches."""
    found: list[Any] = []
    for pair in weight_part(loaders_of(data)):
        if len(found) == count:
            break
        found.append(pair[0])
    return found


def _evaluate(selection: Selection, candidates: Candidates, costs: Costs, trials: int) -> None:
    def evaluate(arch: Architecture) -> list[float]:
        metrics = candidates(arch)
        return [metrics[o.name] if o.name in metrics else costs(o.name, arch)
                for o in selection.objectives]  # fmt: skip

    with Progress(transient=True) as progress, candidates.evaluating():
        done = len(selection.trials)
        bar = progress.add_task("architectures", total=trials, completed=done)
        selection.run(evaluate, trials, lambda count: progress.update(bar, completed=count))
    if selection.exhausted:
        logging.getLogger(__name__).info("Stopped early: %s", selection.exhausted)


def _keep(
    selection: Selection, search: SearchModule, folder: Path, options: argparse.Namespace
) -> None:
    """Write all trials, the front if there are several objectives, and the best architecture."""
    write_table(folder / "trials.csv", selection.rows())
    best = selection.best()
    space = search.supernet.space
    if len(selection.objectives) > 1:
        numbers = {trial.number for trial in selection.front()}
        front = [row for row in selection.rows() if row["trial"] in numbers]
        write_table(folder / "pareto.csv", front)
        figure = draw_front(
            [selection.values(trial) for trial in selection.trials],
            [selection.values(trial) for trial in selection.front()],
        )
        with replacing(folder / "pareto.png") as temporary:
            figure.savefig(temporary, dpi=150)
    provenance = {
        "algorithm": type(search.algorithm).__name__,
        "sampler": options.sampler,
        "seed": options.seed,
        "trials": len(selection.trials),
        "metrics": {f"val/{name}": value for name, value in selection.values(best).items()},
    }
    arch = space.parse(best.params)
    save_architecture(folder / "architecture.yaml", arch, space, provenance)


def _show(selection: Selection, costs: Costs, folder: Path) -> None:
    console = Console()
    trials = selection.front() if len(selection.objectives) > 1 else [selection.best()]
    title = "Best of" if len(trials) == 1 else "Pareto front of"
    table = Table(title=f"{title} {len(selection.trials)} architectures, inherited weights")
    names = [objective.name for objective in selection.objectives]
    for name in dict.fromkeys(["trial", *names, "params"]):
        table.add_column(name, justify="right")
    for trial in trials:
        values = {"params": costs("params", selection.space.parse(trial.params))}
        values |= selection.values(trial)
        cells = [f"{values[n]:,.0f}" if n in ("params", "macs") else f"{values[n]:.4g}"
                 for n in dict.fromkeys([*names, "params"])]  # fmt: skip
        table.add_row(str(trial.number), *cells)
    console.print(table)
    console.print(f"{folder}/architecture.yaml is the best by {names[0]}, trials.csv has all of "
                  "them.")  # fmt: skip
