"""A study of a supernet's architectures, which outlives its process."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import optuna
from filelock import FileLock
from optuna.exceptions import ExperimentalWarning
from optuna.storages import JournalStorage
from optuna.trial import FrozenTrial, TrialState

from tangle.core import Architecture, SearchSpace
from tangle.selection.budget import Budget
from tangle.selection.claims import Claims
from tangle.selection.evolution_settings import EvolutionSettings
from tangle.selection.journal import Journal
from tangle.selection.objective import Objective
from tangle.selection.parameters import decided_trials, distributions
from tangle.selection.pareto import pareto_front
from tangle.selection.proposals import Proposals
from tangle.selection.samplers import check_objectives, sampler_maker, sampler_record
from tangle.selection.trial import Trial

Score = Callable[[Architecture], Mapping[str, float]]
"""Returns the values of the objectives by name, and others worth keeping."""
_NAME = "selection"
_RECORD = "tangle"
"""Attribute of Optuna's study that says what it is a study of."""


class Study:
    """Evaluates architectures, each network once, and keeps them on disk.

    Several processes may run one study: they share its trials, and take over those of a process
    that was killed. A study that goes on proposes what it would have proposed without the
    interruption. `study.journal` in its folder is a file of Optuna's, which its dashboard opens:
    `optuna-dashboard FOLDER/study.journal`.

    Args:
        space: The search space.
        folder: Where the study is, or will be.
        objectives: What to judge by. With several, the first says which architecture is best.
        sampler: One of `tangle.selection.SAMPLERS`.
        seed: Seed of all draws.
        budget: What an architecture may cost; others are not evaluated.
        evolution: Settings of the sampler `evolution`, and the population of `nsga2`.
        subject: Plain values that say what the scores depend on, as the state of the supernet.

    Raises:
        ValueError: If an argument is out of range, or the folder has another study.

    >>> import tempfile
    >>> from tangle.core import Choice
    >>> space = SearchSpace([Choice("width", (4, 8)), Choice("kernel", (3, 5))])
    >>> study = Study(space, tempfile.mkdtemp(), [Objective("loss")], sampler="random")
    >>> study.run(lambda arch: {"loss": arch["width"] - arch["kernel"]}, trials=4)
    >>> space.describe(study.best.architecture)
    {'width': 4, 'kernel': 5}
    """

    def __init__(
        self,
        space: SearchSpace,
        folder: str | Path,
        objectives: Sequence[Objective],
        *,
        sampler: str = "evolution",
        seed: int = 0,
        budget: Budget | None = None,
        evolution: EvolutionSettings | None = None,
        subject: Mapping[str, Any] | None = None,
    ) -> None:
        check_objectives(objectives, sampler)
        self.space = space
        self.folder = Path(folder)
        self.objectives = tuple(objectives)
        self.exhausted: str | None = None
        budget = budget or Budget(space)
        make = sampler_maker(sampler, space, seed=seed, evolution=evolution)
        self._record: dict[str, Any] = {
            "space": space.hash,
            "objectives": [objective.name for objective in objectives],
            "sampler": sampler,
            "seed": seed,
            "limits": dict(budget.limits),
            **sampler_record(sampler, evolution),
            **(subject or {}),
        }
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._claims = Claims(self.folder / "locks")
        lock = FileLock(self.folder / "locks" / "journal.lock")
        self._journal = Journal(self.folder / "study.journal", lock)
        self._storage = JournalStorage(self._journal)
        proposals = Proposals(make, space, budget, seed=seed)
        with self._together():
            self._study = optuna.create_study(
                storage=self._storage,
                study_name=_NAME,
                sampler=proposals,
                load_if_exists=True,
                directions=[objective.direction for objective in objectives],
            )
            self._check_record()

    def _check_record(self) -> None:
        found = self._study.user_attrs.get(_RECORD)
        if found is None:
            self._study.set_user_attr(_RECORD, self._record)
            self._study.set_metric_names([objective.name for objective in self.objectives])
            return
        for name, value in self._record.items():
            if found.get(name) != value:
                raise ValueError(
                    f"{self.folder} holds a study with {name} {found.get(name)}, not {value}: go "
                    "on with the same, or keep the new study under another name"
                )

    def run(
        self,
        score: Score,
        trials: int,
        *,
        seconds: float = math.inf,
        report: Callable[[int, Trial], None] | None = None,
    ) -> None:
        """Evaluate architectures until the study has a number of them, or there are no more.

        Args:
            score: Judges an architecture.
            trials: Architectures in the study, with those that it has and those that other
                processes evaluate.
            seconds: Time after which no other is begun; the first one always is.
            report: Told after each evaluation how many there are, and this one.

        Raises:
            ValueError: If the number is not positive.
        """
        if trials < 1:
            raise ValueError(f"trials is {trials}: it must be at least 1")
        end = time.monotonic() + seconds
        while (trial := self._next(trials)) is not None:
            with self._claims.holding(trial.number):
                self._evaluate(trial, score)
            if report is not None:
                report(self._count(TrialState.COMPLETE), self._read(self._trial(trial.number)))
            if time.monotonic() >= end:
                return

    def _evaluate(self, trial: FrozenTrial, score: Score) -> None:
        start = time.perf_counter()
        metrics = score(self.space.parse(trial.params))
        seconds = time.perf_counter() - start
        values = [objective.known(metrics[objective.name]) for objective in self.objectives]
        names = {objective.name for objective in self.objectives}
        notes = {"seconds": round(seconds, 4)} | {
            name: float(value) for name, value in metrics.items() if name not in names
        }
        with self._together():
            self._note(trial, notes)
            self._study.tell(trial.number, values)

    def _note(self, trial: FrozenTrial, notes: Mapping[str, float]) -> None:
        study = self._storage.get_study_id_from_name(_NAME)
        # By way of the storage: Optuna has no handle for a trial that another process began.
        number = self._storage.get_trial_id_from_study_id_trial_number(study, trial.number)
        self._storage.set_trial_user_attr(number, "metrics", dict(notes))

    def _next(self, trials: int) -> FrozenTrial | None:
        """Return a claimed trial: one that was left behind, or a new one; None if there is none."""
        with self._together():
            if self._count(TrialState.COMPLETE) >= trials:
                return None
            if (abandoned := self._abandoned()) is not None:
                return abandoned
            if len(decided_trials(self._study)) >= trials:
                return None
            try:
                number = self._study.ask(distributions(self.space)).number
            except LookupError as error:
                self.exhausted = str(error)
                self._abandoned()  # closes the trial for which there was no architecture
                return None
            self._claims.claim(number)
            return self._trial(number)

    def _abandoned(self) -> FrozenTrial | None:
        """Return a trial whose process is gone, claimed; close those that know no architecture."""
        running = self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        for number in [trial.number for trial in running]:
            if not self._claims.claim(number):
                continue
            trial = self._trial(number)  # which may have been finished in the meantime
            if trial.state == TrialState.RUNNING and trial.params.keys() == set(self.space):
                return trial
            if trial.state == TrialState.RUNNING:
                self._study.tell(number, state=TrialState.FAIL)
            self._claims.release(number)
        return None

    def _trial(self, number: int) -> FrozenTrial:
        return self._study.get_trials(deepcopy=False)[number]

    @property
    def trials(self) -> list[Trial]:
        """The evaluated architectures, in the order of proposals."""
        finished = self._study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        return [self._read(trial) for trial in finished]

    def _read(self, trial: FrozenTrial) -> Trial:
        metrics = dict(trial.user_attrs.get("metrics", {}))
        names = [objective.name for objective in self.objectives]
        values = dict(zip(names, trial.values, strict=True))
        seconds = metrics.pop("seconds", math.nan)
        return Trial(trial.number, self.space.parse(trial.params), values, metrics, seconds)

    @property
    def num_running(self) -> int:
        """Architectures that other processes evaluate, or that a killed one has left behind."""
        return self._count(TrialState.RUNNING)

    def _count(self, state: TrialState) -> int:
        return len(self._study.get_trials(deepcopy=False, states=(state,)))

    @property
    def best(self) -> Trial:
        """The best by the first objective; of equal ones that which no other beats.

        Raises:
            LookupError: If nothing is evaluated yet.
        """
        if not (front := self.front):
            raise LookupError(f"The study in {self.folder} has no trials yet: run it first")
        return front[0]

    @property
    def front(self) -> list[Trial]:
        """The trials that no other one beats, the best by the first objective first."""
        trials = self.trials
        costs = [[o.cost(t.values[o.name]) for o in self.objectives] for t in trials]
        indices = pareto_front(costs)
        return [trials[index] for index in sorted(indices, key=lambda i: (costs[i], i))]

    @contextmanager
    def still(self) -> Iterator[None]:
        """Keep other processes from changing the study, as while its tables are written."""
        with self._together():
            yield

    @contextmanager
    def _together(self) -> Iterator[None]:
        with self._journal.together(), warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            yield
