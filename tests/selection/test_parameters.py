from random import Random

from optuna.trial import create_trial

from tangle.selection.parameters import distributions, is_of, key, to_architecture, to_parameters
from tests.selection.spaces import depths


def test_parameters_are_the_values_and_lead_back():
    space, rng = depths(), Random(0)
    for _ in range(20):
        arch = space.sample(rng)
        assert to_architecture(to_parameters(arch, space), space) == arch
    assert to_parameters(space.largest(), space) == {"depth": 3} | {
        f"width_{i}": 32 for i in range(3)
    }


def test_equal_networks_have_one_key():
    space = depths()
    first = {"depth": 0, "width_0": 1, "width_1": 0, "width_2": 0}
    assert key(first, space) == key({**first, "width_2": 2}, space)
    assert key(first, space) != key({**first, "width_0": 2}, space)


def test_a_trial_with_some_parameters_is_of_no_architecture():
    space = depths()
    every = distributions(space)
    whole = create_trial(params=to_parameters(space.smallest(), space), distributions=every,
                         value=0.0)  # fmt: skip
    part = create_trial(params={"depth": 1}, distributions={"depth": every["depth"]}, value=0.0)
    assert is_of(whole, space)
    assert not is_of(part, space)
