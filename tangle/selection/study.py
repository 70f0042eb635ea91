"""A study of a supernet's architectures that outlives its process."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import optuna
from filelock import FileLock, Timeout
from optuna.samplers import BaseSampler, NSGAIISampler, RandomSampler, TPESampler
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState

from tangle.core import Architecture, SearchSpace
from tangle.selection.evolution import EvolutionSampler
from tangle.selection.objective import Objective
from tangle.selection.parameters import distributions, is_of, to_architecture
from tangle.selection.pareto import pareto_front
from tangle.selection.unseen import IsFeasible, UnseenSampler

Evaluate = Callable[[Architecture], Sequence[float]]
"""Returns the value of each objective."""
_PROCESS = "process"
"""User attribute of a trial: which process evaluates it."""
_NAME = "selection"


class Selection:
    """Evaluates architectures of a trained supernet, each once, and keeps all of them on disk.

    Several processes may run one study: a trial belongs to one of them, and those of a process
    that died go on in another. The file is an Optuna journal, for Optuna's dashboard and library
    too.

    Args:
        space: The search space.
        objectives: What to judge by; the first decides which architecture is best.
        storage: The study's file; a study that is in it goes on.
        sampler: Proposes architectures; see `make_sampler`. A function of how many trials there
            are, so that a study which goes on does not repeat its draws.
        is_feasible: Whether an architecture may be evaluated; None for all of them.
        seed: Seed of draws that stand in for the sampler's.

    Raises:
        ValueError: If the file holds a study of something else.
    """

    def __init__(
        self,
        space: SearchSpace,
        objectives: Sequence[Objective],
        storage: str | Path,
        *,
        sampler: Callable[[int], BaseSampler],
        is_feasible: IsFeasible | None = None,
        seed: int = 0,
    ) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.space = space
        self.objectives = tuple(objectives)
        self.storage = Path(storage)
        self._locks = self.storage.parent / "locks"
        self._locks.mkdir(parents=True, exist_ok=True)
        self._asks = FileLock(self._locks / "ask")
        self._process = uuid.uuid4().hex
        lock = _JournalLock(self._locks / "journal")
        backend = JournalFileBackend(str(self.storage), lock)  # type: ignore[arg-type]
        self._journal = JournalStorage(backend)
        with self._asks:
            self.study = optuna.create_study(
                storage=self._journal,
                study_name=_NAME,
                load_if_exists=True,
                directions=[objective.direction for objective in self.objectives],
            )
            self._check()
        count = len(self.study.get_trials(deepcopy=False))
        self.study.sampler = UnseenSampler(sampler(count), space, seed, is_feasible)
        self.exhausted: str | None = None

    def _check(self) -> None:
        mine = {"space": self.space.hash, "objectives": [o.name for o in self.objectives]}
        for name, value in mine.items():
            found = self.study.user_attrs.get(name)
            if found is None:
                self.study.set_user_attr(name, value)
            elif found != value:
                raise ValueError(
                    f"{self.storage} holds a study with the {name} {found}, not {value}: choose "
                    "another folder, or go on with the same"
                )

    def run(
        self, evaluate: Evaluate, trials: int, report: Callable[[int], None] | None = None
    ) -> None:
        """Evaluate architectures until the study has a number of them.

        Args:
            evaluate: Returns an architecture's value of each objective.
            trials: Architectures in the study, those of former runs and other processes included.
            report: Told after each evaluation how many there are.

        Raises:
            ValueError: If the number is not positive.
        """
        if trials < 1:
            raise ValueError(f"trials is {trials}: it must be at least 1")
        with self._alive():
            while (trial := self._next(trials)) is not None:
                arch = to_architecture(trial.params, self.space)
                values = [float(value) for value in evaluate(arch)]
                self.study.tell(trial.number, values)
                if report is not None:
                    report(len(self.trials))

    @property
    def trials(self) -> list[FrozenTrial]:
        """The finished trials, in the order in which they began."""
        finished = self.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        return [trial for trial in finished if is_of(trial, self.space)]

    def rows(self) -> list[dict[str, object]]:
        """Return for each finished trial its number, values, seconds and architecture."""
        return [
            {
                "trial": trial.number,
                **self.values(trial),
                "seconds": round(trial.duration.total_seconds(), 4) if trial.duration else "",
                **self.space.describe(to_architecture(trial.params, self.space)),
            }
            for trial in self.trials
        ]

    def values(self, trial: FrozenTrial) -> dict[str, float]:
        """Return a finished trial's value of each objective."""
        return {o.name: v for o, v in zip(self.objectives, trial.values or (), strict=True)}

    def best(self) -> FrozenTrial:
        """Return the trial that is best in the first objective, of equal ones the first.

        Raises:
            LookupError: If no trial is finished.
        """
        trials = self.trials
        if not trials:
            raise LookupError(f"{self.storage} has no finished trial")
        sign = -1.0 if self.objectives[0].larger_is_better else 1.0
        return min(trials, key=lambda trial: sign * trial.values[0])

    def front(self) -> list[FrozenTrial]:
        """Return the trials that no other beats in all objectives, sorted by the first one."""
        trials = self.trials
        larger = [objective.larger_is_better for objective in self.objectives]
        front = [trials[i] for i in pareto_front([trial.values for trial in trials], larger)]
        return sorted(front, key=lambda trial: tuple(trial.values))

    @contextmanager
    def _alive(self) -> Iterator[None]:
        """Hold a lock that the system lets go of when this process ends, however it ends."""
        mine = FileLock(self._locks / self._process)
        with mine:
            yield
        (self._locks / self._process).unlink(missing_ok=True)

    def _is_alive(self, process: str) -> bool:
        path = self._locks / process
        if process == self._process or not path.is_file():
            return process == self._process
        try:
            with FileLock(path, timeout=0):
                return False
        except Timeout:
            return True

    def _next(self, trials: int) -> FrozenTrial | None:
        """Return a trial to evaluate: one that was left behind, or a new one; None when done."""
        with self._asks:
            if (orphan := self._orphan()) is not None:
                return orphan
            states = (TrialState.COMPLETE, TrialState.RUNNING)
            if len(self.study.get_trials(deepcopy=False, states=states)) >= trials:
                return None
            try:
                trial = self.study.ask(distributions(self.space))
            except LookupError as error:
                self.exhausted = str(error)
                return None
            trial.set_user_attr(_PROCESS, self._process)
            return self.study.get_trials(deepcopy=False)[trial.number]

    def _orphan(self) -> FrozenTrial | None:
        """Return a trial whose process is gone, now of this one."""
        for trial in self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            process = trial.user_attrs.get(_PROCESS)
            if process is not None and self._is_alive(process):
                continue
            if not is_of(trial, self.space):  # killed before it knew what to evaluate
                self.study.tell(trial.number, state=TrialState.FAIL)
                continue
            study_id = self._journal.get_study_id_from_name(_NAME)
            trial_id = self._journal.get_trial_id_from_study_id_trial_number(study_id, trial.number)
            self._journal.set_trial_user_attr(trial_id, _PROCESS, self._process)
            return trial
        return None


class _JournalLock:
    """A lock for a journal that the system lets go of when the process that holds it is killed.

    Optuna's own are files that a killed process leaves behind.
    """

    def __init__(self, path: Path) -> None:
        self._lock = FileLock(path)

    def acquire(self) -> bool:
        """Wait for the lock."""
        self._lock.acquire()
        return True

    def release(self) -> None:
        """Let go of it."""
        self._lock.release()


def make_sampler(
    name: str, space: SearchSpace, *, seed: int = 0, evolution: Mapping[str, float] | None = None
) -> Callable[[int], BaseSampler]:
    """Return what makes a sampler for a study that has a number of trials.

    Args:
        name: `random`, `evolution`, `nsga2` or `tpe`.
        space: The search space.
        seed: Seed of its draws.
        evolution: Options of `EvolutionSampler`, for `evolution` only.

    Raises:
        ValueError: If there is no such sampler.
    """
    if name == "evolution":
        sampler = EvolutionSampler(space, seed=seed, **(evolution or {}))  # type: ignore[arg-type]
        return lambda count: sampler
    makers: dict[str, Callable[[int], BaseSampler]] = {
        "random": lambda count: RandomSampler(seed + 1_000_003 * count),
        "nsga2": lambda count: NSGAIISampler(seed=seed + 1_000_003 * count),
        "tpe": lambda count: TPESampler(seed=seed + 1_000_003 * count, multivariate=True),
    }
    if name not in makers:
        raise ValueError(
            f"There is no sampler {name!r}: choose one of {', '.join([*makers, 'evolution'])}"
        )
    return makers[name]
