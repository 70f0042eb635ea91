"""A trial is a value."""

import dataclasses

import pytest

from tangle.selection import Trial


def test_a_trial_is_not_changed():
    trial = Trial(0, {"width": 1}, {"loss": 0.5}, {}, 0.1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        trial.number = 1
