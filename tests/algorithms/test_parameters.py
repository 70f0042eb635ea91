import math

import pytest
import torch

from tangle.algorithms import ArchParameters
from tangle.algorithms.parameters import strengths
from tangle.core import Choice, SearchSpace

SPACE = SearchSpace([Choice("width", (8, 16, 32)), Choice("operation", ("skip", "conv"))])


def test_every_choice_has_an_alpha_per_candidate() -> None:
    parameters = ArchParameters(SPACE)
    assert [(name, alpha.shape) for name, alpha in parameters.items()] == [
        ("width", (3,)),
        ("operation", (2,)),
    ]
    alphas = dict(parameters.items())
    assert [id(alpha) for alpha in parameters.parameters()] == [id(a) for a in alphas.values()]
    assert all(alpha.requires_grad for alpha in alphas.values())


def test_alphas_start_at_a_thousandth_of_a_normal() -> None:
    space = SearchSpace([Choice("width", tuple(range(1, 40_001)))])
    (alpha,) = ArchParameters(space, seed=1).parameters()
    assert abs(float(alpha.detach().mean())) < 4 * 1e-3 / 200
    assert float(alpha.detach().std()) == pytest.approx(1e-3, rel=0.02)
    assert 3e-3 < float(alpha.detach().abs().max()) < 6e-3


def test_start_is_a_function_of_the_seed_alone() -> None:
    first = ArchParameters(SPACE, seed=7)
    torch.manual_seed(1)
    before = torch.get_rng_state()
    same, other = ArchParameters(SPACE, seed=7), ArchParameters(SPACE, seed=8)
    assert torch.equal(torch.get_rng_state(), before)
    for (_, a), (_, b), (_, c) in zip(first.items(), same.items(), other.items(), strict=True):
        assert torch.equal(a, b)
        assert not torch.equal(a, c)


def test_strengths_are_the_logarithm_of_the_softmax_over_open_candidates() -> None:
    parameters = ArchParameters(SPACE)
    values = {"width": [0.1, 0.3, 0.2], "operation": [-1.0, -2.0]}
    with torch.no_grad():
        for name, alpha in parameters.items():
            alpha.copy_(torch.tensor(values[name]))
    found_strengths = strengths(parameters.items(), {"width": (0, 2), "operation": (0, 1)})
    assert found_strengths["width"][1] == -math.inf
    for name, indices in (("width", [0, 2]), ("operation", [0, 1])):
        expected = torch.tensor(values[name], dtype=torch.float64)[indices].log_softmax(0)
        found = torch.tensor([found_strengths[name][i] for i in indices], dtype=torch.float64)
        torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-6)


def test_strengths_tell_alphas_apart_that_are_next_to_each_other() -> None:
    parameters = ArchParameters(SPACE)
    with torch.no_grad():
        for alpha in parameters.parameters():
            alpha.fill_(0.7)
            alpha[1] = torch.nextafter(alpha[1], torch.tensor(1.0))
    among = {"width": (0, 1, 2), "operation": (0, 1)}
    assert SPACE.decide(strengths(parameters.items(), among)) == {"width": 1, "operation": 1}


def test_alphas_are_saved_and_loaded() -> None:
    saved, loaded = ArchParameters(SPACE, seed=1), ArchParameters(SPACE, seed=2)
    loaded.load_state_dict(saved.state_dict())
    for (_, a), (_, b) in zip(saved.items(), loaded.items(), strict=True):
        assert torch.equal(a, b)


def test_any_identifier_may_name_a_choice() -> None:
    names = ("keys", "type", "training", "class", "alphas", "forward")
    space = SearchSpace([Choice(name, (1, 2)) for name in names])
    assert [name for name, _ in ArchParameters(space).items()] == list(names)
