"""What a second stage leaves in its folder, and says in the end."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tangle.cli.closing import beside, command, tell_next, trainings
from tangle.cli.pareto_figure import draw_pareto
from tangle.core import save_architecture
from tangle.core.atomic import replacing
from tangle.core.table import write_table
from tangle.selection import Study, Trial

_SHOWN = 5


def write_tables(study: Study, provenance: Mapping[str, Any]) -> None:
    """Write the trials, the front and the best architecture into the study's folder, atomically.

    Args:
        study: The study; nothing is written as long as it has no trials.
        provenance: Where the architecture comes from, beside its values.
    """
    with study.still():  # or another process's newer tables would be replaced by older ones
        trials, front = study.trials, study.front
        if not trials:
            return
        write_table(study.folder / "trials.csv", [_row(study, trial) for trial in trials])
        best = front[0]
        save_architecture(
            study.folder / "architecture.yaml", best.architecture, study.space,
            {**provenance, "trial": best.number, "trials": len(trials),
             "metrics": {**best.values, **best.metrics}},
        )  # fmt: skip
        if len(study.objectives) > 1:
            write_table(study.folder / "pareto.csv", [_row(study, trial) for trial in front])
            _write_figure(study.folder / "pareto.png", study, trials, front)


def _write_figure(
    path: Path, study: Study, trials: Sequence[Trial], front: Sequence[Trial]
) -> None:
    figure = draw_pareto(
        [trial.values for trial in trials], [trial.values for trial in front], study.objectives
    )
    image = io.BytesIO()
    figure.savefig(image, format="png", dpi=150)
    with replacing(path) as temporary:
        temporary.write_bytes(image.getvalue())


def _row(study: Study, trial: Trial) -> dict[str, Any]:
    return {
        "trial": trial.number,
        **trial.values,
        **trial.metrics,
        "seconds": trial.seconds,
        **study.space.describe(trial.architecture),
    }


def show(study: Study, console: Console, *, run: Path, trials: int) -> None:
    """Say what was found, where it is, and what to do with it."""
    names = [objective.name for objective in study.objectives]
    several = len(names) > 1
    ranked = study.front if several else _ranked(study)
    table = Table(title=f"{'On the front' if several else 'The best'} of {len(study.trials)} "
                        f"architectures, with inherited weights")  # fmt: skip
    table.add_column("trial", justify="right")
    for name in names:
        table.add_column(name, justify="right")
    table.add_column("architecture")
    for trial in ranked[:_SHOWN]:
        values = ", ".join(f"{n} {v}" for n, v in study.space.describe(trial.architecture).items())
        table.add_row(str(trial.number), *(f"{trial.values[n]:.6g}" for n in names), values)
    console.print(table)
    if study.exhausted:
        console.print(f"{study.exhausted}: there are no {trials:,}.")
    elif study.num_running:
        console.print(f"{study.num_running} more are being evaluated by other processes.")
    if several and len(ranked) > _SHOWN:
        console.print(f"{len(ranked) - _SHOWN} more are on the front: {study.folder}/pareto.csv")
    found = study.folder / "architecture.yaml"
    console.print(
        f"{found} is the best architecture, {study.folder}/trials.csv all of them.",
        soft_wrap=True,
        highlight=False,
    )
    of_it = "--search", str(run), "--arch", str(found)
    new = beside(run, f"-{study.folder.name}")
    judge = command("test", "--run", str(run), "--arch", str(found))
    tell_next(
        console,
        {
            judge: "judge it by the test data, with the weights it inherits",
            **trainings(*of_it, run=new),
        },
    )


def _ranked(study: Study) -> list[Trial]:
    (objective,) = study.objectives
    return sorted(study.trials, key=lambda t: (objective.cost(t.values[objective.name]), t.number))
