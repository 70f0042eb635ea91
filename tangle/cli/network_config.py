"""A configuration of a network alone, read without Lightning, which loads longer than torch."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

import yaml
from jsonargparse import ActionConfigFile, ArgumentParser, get_loader  # type: ignore[attr-defined]
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from tangle.algorithms import SearchAlgorithm
from tangle.core import SearchSpace
from tangle.modules import Budget, LRScaling, Task

MODEL = "tangle.modules.SearchModule"
DEFAULTS = {
    "algorithm": {"class_path": "tangle.algorithms.SPOS"},
    "weight_optimizer": {"class_path": "torch.optim.Adam", "init_args": {"lr": 1e-3}},
}
"""What a file of a space alone leaves to other files, and what does not matter here."""
_IGNORED = ("trainer", "checkpoint", "arch_logger", "anytime")


def add_ignored(parser: ArgumentParser) -> None:
    """Let a parser take the options of a run that do not matter to what a space is."""
    parser.add_argument("--seed_everything", type=Any, default=0)
    for name in _IGNORED:
        parser.add_argument(f"--{name}", type=dict[str, Any] | None, default=None)


def search_options(
    net: nn.Module,
    task: Task,
    *,
    algorithm: Callable[[SearchSpace], SearchAlgorithm],
    weight_optimizer: Callable[[Iterable], Optimizer],  # type: ignore[type-arg]
    arch_optimizer: Callable[[Iterable], Optimizer] | None = None,  # type: ignore[type-arg]
    scheduler: Callable[[Optimizer], LRScheduler] | None = None,
    arch_scheduler: Callable[[Optimizer], LRScheduler] | None = None,
    scheduler_interval: Literal["epoch", "step"] = "epoch",
    weight_clip: float | None = None,
    arch_clip: float | None = None,
    accumulate: int = 1,
    arch_warmup: float = 0.0,
    arch_every: int = 1,
    arch_average: float = 0.0,
    unrolled: bool = False,
    distillation: float = 0.0,
    calibration_batches: int = 20,
    calibrate_validation: bool = False,
    budget: Budget | None = None,
    lr_scaling: LRScaling | None = None,
    compile_backend: str | None = None,
    gradient_checkpointing: bool = False,
    check_network: bool = True,
) -> None:
    """Take the options of `SearchModule`, which can't be asked for them without Lightning.

    That both have the same ones is tested.
    """


def read_network(files: Sequence[str], overrides: Sequence[str]) -> dict[str, Any] | None:
    """Return the configuration of a search without data, its classes not yet made.

    It is None if there is more to it, such as data or a module of another class, or if anything
    is wrong: then it has to be read with Lightning, which tells what.

    Args:
        files: Paths of configurations, later ones over earlier ones.
        overrides: Options of `tangle fit` over them.

    Returns:
        What there is under `model`.
    """
    try:
        contents = [{"model": DEFAULTS}, *(_content(file) for file in files)]
        words = [_word(word) for word in overrides]
        parser = ArgumentParser(exit_on_error=False, allow_abbrev=False)
        parser.add_argument("--config", action=ActionConfigFile)
        parser.add_function_arguments(search_options, "model", sub_configs=True)
        with tempfile.TemporaryDirectory() as folder:
            for number, content in enumerate(contents):
                path = Path(folder) / f"{number}.json"
                path.write_text(json.dumps(content), encoding="utf-8")
                words[2 * number : 2 * number] = ["--config", str(path)]
            parsed = parser.parse_args(words)
        config = yaml.safe_load(parser.dump(parsed, skip_none=False))
    except Exception:  # whatever it is, and perhaps it is none with Lightning
        return None
    return {"model": {"class_path": MODEL, "init_args": config["model"]}}


def _content(file: str) -> dict[str, Any]:
    """Return what a file holds, with the options of the search themselves under `model`."""
    content: dict[str, Any] = get_loader("yaml")(Path(file).read_text(encoding="utf-8"))
    model = content.get("model", {})
    if "class_path" in model or "init_args" in model:
        if model.get("class_path", MODEL) != MODEL or model.keys() - {"class_path", "init_args"}:
            raise ValueError(f"{file} has another model")
        model = model.get("init_args", {})
    ignored = [content.get(name, {}) for name in _IGNORED]
    if content.keys() - {"model", "seed_everything", *_IGNORED} or not all(
        part is None or isinstance(part, dict) for part in ignored
    ):
        raise ValueError(f"{file} has more than a model")
    return {"model": model}


def _word(word: str) -> str:
    """Return an option of the search as one of `model` itself; a value is returned as it is."""
    if word.startswith("-") and (not word.startswith("--model.") or ".help" in word):
        raise ValueError(f"{word} is no option of the search")
    inner = word.removeprefix("--model.init_args.")
    return word if inner == word else f"--model.{inner}"
