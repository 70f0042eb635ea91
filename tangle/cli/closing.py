"""What a verb says last: what there is now, where it lies, and what to do with it."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import yaml
from rich.console import Console

from tangle.report.run import Run

_MOST_CHOICES = 12
"""Choices whose values are told; the file has all of them."""
_WIDEST = 60
"""Characters of a command that leave room for its purpose in the same line."""
_WRITTEN = {
    "validate": {"validate.yaml": "holds these metrics"},
    "test": {"test.yaml": "holds these metrics"},
    "predict": {
        "generated.txt": "holds these texts",
        "predictions.safetensors": "holds the outputs, under the name predictions",
    },
}
"""Files that a verb writes, and what of them is said."""
_RETRAIN = "lightning_configs/train/retrain.yaml"
"""What trains a network found from scratch."""


def tell_fit(folder: Path, console: Console) -> None:
    """Say what a training left in its folder.

    Args:
        folder: The run's folder.
        console: Where it is said.
    """
    run = Run(folder)
    text, commands = _said_of(run)
    _say(console, text)
    tell_next(console, commands)


def _said_of(run: Run) -> tuple[str, dict[str, str]]:
    """Return what a run came to, and what can be done with it."""
    folder, kind = str(run.path), (run.config.get("model") or {})
    judge = {command("test", "--run", folder): "judge it by the test data"}
    if str(kind.get("class_path", "")).endswith("SubnetModule"):
        network = command("extract", folder, "--out", beside(run.path, "_network"))
        return (
            f"{folder} holds the trained network.",
            {**judge, network: "its plain PyTorch, weights and proof"},
        )
    if run.architecture:
        return _found(run), {
            **judge,
            **trainings("--search", folder, run=beside(run.path, "_retrained")),
            command("report", folder): "see how it was decided",
        }
    if "algorithm" in (kind.get("init_args") or {}):
        return (
            f"{folder} holds the trained supernet.",
            {command("select", folder): "choose an architecture by validation"},
        )
    return f"{folder} holds the run.", judge


def tell_written(folder: Path, verb: str, console: Console) -> None:
    """Say what `validate`, `test` or `predict` came to, and where it is.

    Args:
        folder: The folder that they were written into.
        verb: What was done.
        console: Where it is said.
    """
    there = [folder / name for name in _WRITTEN[verb] if (folder / name).is_file()]
    if there:
        newest = max(there, key=lambda path: path.stat().st_mtime)
        if newest.suffix == ".yaml":
            tell_metrics(yaml.safe_load(newest.read_text(encoding="utf-8")), console)
        _say(console, f"{newest} {_WRITTEN[verb][newest.name]}.")


def tell_network(folder: Path, console: Console) -> None:
    """Say what an extracted network's folder holds.

    Args:
        folder: The folder.
        console: Where it is said.
    """
    kinds = ("model.py", "model.pt2", "model.onnx", "weights.safetensors")
    there = [kind for kind in kinds if (folder / kind).is_file()]
    _say(console, f"{folder} holds it: {', '.join(there)}; README.md says how to load it.")
    tell_next(console, {command("test", "--run", str(folder)): "judge it by the test data again"})


def tell_metrics(metrics: Mapping[str, float], console: Console) -> None:
    """Say metrics, one a line.

    Args:
        metrics: Values by name, as `test/accuracy`.
        console: Where they are said.
    """
    width = max(map(len, metrics), default=0)
    for name, value in metrics.items():
        _say(console, f"{name:{width}}  {value:.4f}")


def tell_next(console: Console, commands: Mapping[str, str]) -> None:
    """Say what can be done next.

    Args:
        console: Where it is said.
        commands: What each command is for, by the command.
    """
    _say(console, "Next:")
    width = max(map(len, commands))
    for command, purpose in commands.items():
        is_short = width <= _WIDEST
        _say(console, f"  {command:{width}}  # {purpose}" if is_short else f"  # {purpose}")
        if not is_short:
            _say(console, f"  {command}")


def _found(run: Run) -> str:
    last = run.anytime[-1] if run.anytime else {}
    parts = [f"Found by {run.algorithm}"]
    if run.seconds is not None:
        parts.append(f"in {run.seconds:,.0f} s of training")
    told = []
    if run.score and last.get(run.score):
        told.append(f"{run.score} {float(last[run.score]):.4g} with inherited weights")
    if last.get("parameters"):
        told.append(f"{int(last['parameters']):,} parameters")
    values = [f"{name} {value}" for name, value in run.architecture.items()]
    if len(values) > _MOST_CHOICES:
        values = [*values[:_MOST_CHOICES], f"and {len(values) - _MOST_CHOICES} more"]
    head = " ".join(parts) + (f": {', '.join(told)}" if told else "")
    return f"{head}\n  {', '.join(values)}\n  in {run.path}/architecture.yaml"


def trainings(*network: str, run: str) -> dict[str, str]:
    """Return the commands that train a network, and what each is for.

    Args:
        network: Options that say which.
        run: Folder of the new run.
    """
    return {
        command("fit", *network, "--run", run): "train it on, from the weights it inherits",
        command("fit", *network, "-c", _RETRAIN, "--run", run): "or from scratch",
    }


def beside(folder: Path, suffix: str) -> str:
    """Return the path of a new folder next to one, also where that is the current one.

    >>> beside(Path("runs/mine"), "_retrained")
    'runs/mine_retrained'
    """
    parent = folder / ".." if folder.name in ("", "..") else folder.parent
    return str(parent / f"{folder.resolve().name}{suffix}")


def command(verb: str, *words: str) -> str:
    """Return a command of tangle as it can be typed here.

    >>> command("report", "my runs/a").rpartition("tangle ")[2]
    "report 'my runs/a'"
    """
    return f"{_program()} {shlex.join([verb, *words])}"


def _program() -> str:
    """Return how tangle can be called: as make demo installs it, it is not on the path."""
    if shutil.which("tangle"):
        return "tangle"
    started = Path(sys.argv[0])
    return os.path.relpath(started) if started.name == "tangle" else "python -m tangle"


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
