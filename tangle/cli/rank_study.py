"""Architectures judged twice: with inherited weights, and trained from scratch."""

from __future__ import annotations

import contextlib
import hashlib
import json
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import yaml

from tangle.cli.errors import one_line
from tangle.cli.rank_results import Ranked
from tangle.cli.rebuild import rebuild
from tangle.cli.retraining import retrained, retraining
from tangle.cli.run_folder import RunFolder
from tangle.cli.subject import Subject
from tangle.core import Architecture, SearchSpace, save_architecture
from tangle.core.atomic import write_text
from tangle.metrics import count_parameters
from tangle.modules.subnet import chosen_architecture

_PLAN, _RESULT = "plan.yaml", "result.yaml"


class RankStudy:
    """The architectures of a rank correlation, and where each one's results are kept.

    Args:
        run: Folder of the search.
        out: Folder of the results; each architecture has a folder in it.
        files: Architecture files, or `largest` or `smallest`.
        count: Random architectures beside them, all distinct.
        epochs: Epochs that each trains; None for as many as the search had.
        seed: Of the draw and of all trainings.
        device: Where inherited weights are judged.

    Attributes:
        metric: The metric by which they are judged, the main one of the task.
        larger_is_better: Whether more of it is better.
        failures: Architectures that could not be trained so far, and why.

    Raises:
        FileNotFoundError: If the run has no trained supernet, or there is no such file.
        ValueError: If the space has fewer architectures, or the folder has another study.
    """

    def __init__(
        self,
        run: Path,
        out: Path,
        files: Sequence[str] = (),
        *,
        count: int,
        epochs: int | None = None,
        seed: int = 0,
        device: str = "auto",
    ) -> None:
        self.out, self.seed = out, seed
        self.failures: list[str] = []
        self._run, self._epochs = run, epochs
        module, data = rebuild(RunFolder(run))
        self._supernet = module.supernet
        self.metric, self.larger_is_better = module.task.monitor, module.task.larger_is_better
        space = self._supernet.space
        given = [chosen_architecture(file, space) for file in files]
        self._architectures = distinct(space, given, count, seed)
        self._subject = Subject(module, data, device=device)
        self._judge = self._subject.scorer(self._subject.objectives([self.metric]))
        self._keep_plan()

    def __len__(self) -> int:
        return len(self._architectures)

    def _keep_plan(self) -> None:
        """Write what results depend on, so that another study can't go on in the folder."""
        recipe = retraining(self._run, Path("architecture.yaml"), self._epochs)
        recipe["seed_everything"] = self.seed
        plan = {"subject": self._subject.identity(latency=False), "retraining": recipe}
        path, text = self.out / _PLAN, yaml.safe_dump(plan, sort_keys=False)
        if path.is_file() and path.read_text(encoding="utf-8") != text:
            raise ValueError(
                f"{self.out} holds a study of another supernet, seed or number of epochs, by "
                f"{path}: choose another folder by --out, or remove this one"
            )
        write_text(path, text)

    def rows(self) -> Iterator[Ranked]:
        """Judge what is not yet, and yield the results in the order of the architectures.

        One whose training fails, as it may diverge, is left out, and tried again the next time.
        """
        for name, arch in self._architectures.items():
            folder = self.out / "architectures" / name
            if not (folder / _RESULT).is_file():
                try:
                    result = self._judged(arch, folder)
                except Exception as error:
                    self._note_failure(error, folder / "log.txt")
                    continue
                write_text(folder / _RESULT, yaml.safe_dump(result, sort_keys=False))
            yield Ranked(**yaml.safe_load((folder / _RESULT).read_text(encoding="utf-8")))

    def _note_failure(self, error: Exception, log: Path) -> None:
        with log.open("a", encoding="utf-8") as file:
            traceback.print_exc(file=file)
        reason = one_line(error) or type(error).__name__
        self.failures.append(f"{log.parent.name} ({reason}; see {log})")

    def _judged(self, arch: Architecture, folder: Path) -> dict[str, Any]:
        file = folder / "architecture.yaml"
        save_architecture(file, arch, self._supernet.space, {"run": str(self._run)})
        inherited = self._judge(arch)[self.metric]
        with (
            (folder / "log.txt").open("a", encoding="utf-8") as log,
            contextlib.redirect_stdout(log),
        ):
            tested = retrained(self._run, file, folder, self._epochs, seed=self.seed)
        return {
            "name": folder.name,
            "architecture": dict(self._supernet.space.describe(arch)),
            "inherited": inherited,
            "retrained": tested[self.metric],
            "parameters": count_parameters(self._supernet.extract(arch)),
        }


def distinct(
    space: SearchSpace, given: Sequence[Architecture], count: int, seed: int
) -> dict[str, dict[str, int]]:
    """Return given and random architectures by name, none of them twice.

    A larger count adds to those of a smaller one.

    Raises:
        ValueError: If the space has not so many.
    """
    found = {_name(space, arch): space.canonical(arch) for arch in given}
    total = len(found) + count
    if total > space.cardinality:
        raise ValueError(
            f"--architectures is {count} beside {len(found)} of --arch, but the space has only "
            f"{space.cardinality}: ask for fewer"
        )
    rng = Random(seed)
    while len(found) < total:
        arch = space.sample(rng)
        found.setdefault(_name(space, arch), space.canonical(arch))
    return found


def _name(space: SearchSpace, arch: Architecture) -> str:
    """Return what folders of an architecture are called: digits of what it decides."""
    text = json.dumps(space.describe(arch), sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
