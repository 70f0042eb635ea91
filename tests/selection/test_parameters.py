"""Parameters are the values of choices."""

import optuna

from tangle.core import Choice, SearchSpace
from tangle.selection.parameters import decided_trials, distributions, position_of

SPACE = SearchSpace([Choice("ratio", (3.5, 4)), Choice("op", ("conv", "skip"))])


def test_distributions_are_the_candidates():
    found = {name: d.choices for name, d in distributions(SPACE).items()}
    assert found == {"ratio": (3.5, 4), "op": ("conv", "skip")}


def test_a_position_does_not_count_failed_trials():
    study = optuna.create_study()
    for state in ("COMPLETE", "FAIL", "COMPLETE", "FAIL"):
        trial = study.ask(distributions(SPACE))
        if state == "FAIL":
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
        else:
            study.tell(trial, 1.0)
    last = study.ask(distributions(SPACE))
    assert [t.number for t in decided_trials(study)] == [0, 2, 4]
    assert position_of(study, study.trials[last.number]) == 2
