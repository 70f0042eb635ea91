"""Training an architecture from scratch by the recipe of the search that it comes from."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tangle.core.atomic import write_text
from tangle.report.run import Run

_LENGTHS = ("T_max", "total")
"""What schedules call their length: torch's cosine, and `WarmupCosine`."""


def retrained(
    search: Path,
    architecture: Path,
    folder: Path,
    epochs: int | None = None,
    *,
    seed: int | None = None,
) -> dict[str, float]:
    """Train an architecture from scratch, and return its test metrics.

    What a killed process began goes on.

    Args:
        search: Folder of the search.
        architecture: Path of the architecture.
        folder: Gets `retrain.yaml`, the configuration, and the run `retrained`.
        epochs: Epochs to train; None for as many as the search had.
        seed: Of the training; None for the search's.
    """  # fmt: skip
    from tangle.cli.lightning import execute

    config, run = folder / "retrain.yaml", folder / "retrained"
    recipe = retraining(search, architecture, epochs)
    if seed is not None:
        recipe["seed_everything"] = seed
    write_text(config, yaml.safe_dump(recipe, sort_keys=False))
    fit_or_resume(run, ["-c", str(config)])
    execute("test", ["--run", str(run), "--trainer.enable_progress_bar", "false"])
    metrics = yaml.safe_load((run / "test.yaml").read_text(encoding="utf-8"))
    return {key.removeprefix("test/"): value for key, value in metrics.items()}


def retraining(search: Path, architecture: Path, epochs: int | None = None) -> dict[str, Any]:
    """Return the configuration that trains an architecture with the recipe of its search.

    That is the search's own optimizer, schedule and clipping, on all training data.
    """
    from tangle.cli.run import subnet_config

    found = Run(search).config
    recipe: Mapping[str, Any] = found["model"]["init_args"]
    config = subnet_config(found, architecture=str(architecture), checkpoint=None)
    config["model"]["init_args"]["clip_norm"] = recipe["weight_clip"]
    config["data"]["init_args"]["arch_fraction"] = 0.0
    config["trainer"] |= {
        "accumulate_grad_batches": recipe["accumulate"],
        "limit_val_batches": 0,
        "max_time": None,
    }
    set_epochs(config, epochs or config["trainer"]["max_epochs"])
    return config


def set_epochs(config: dict[str, Any], epochs: int) -> None:
    """Set the epochs of a configuration, and the length of a schedule that counts them."""
    config["trainer"]["max_epochs"] = epochs
    options = config["model"]["init_args"]
    lengths = (options.get("scheduler") or {}).get("init_args", {})
    if options.get("scheduler_interval", "epoch") == "epoch":
        lengths |= {name: epochs for name in _LENGTHS if name in lengths}


def fit_or_resume(run: Path, options: Sequence[str]) -> None:
    """Train in a folder, from where a killed process left off, unless it is done."""
    from tangle.cli.lightning import execute

    done = run / "fitted"
    if done.is_file():
        return
    resumes = (run / "checkpoints" / "last.ckpt").is_file()
    begins = ["--resume"] if resumes else ["--overwrite", *options]
    quiet = ["--trainer.enable_progress_bar", "false", "--trainer.enable_model_summary", "false"]
    execute("fit", ["--run", str(run), *begins, *quiet])
    write_text(done, f"process {os.getpid()}\n")
