import torch

from tangle.algorithms import SNAS
from tangle.core import Choice, SearchSpace

SPACE = SearchSpace([Choice("width", (8, 16, 32))])


def test_weights_are_the_relaxed_draw() -> None:
    search, alpha = SNAS(SPACE), torch.tensor([0.5, -1.0, 2.0])
    torch.manual_seed(3)
    weights = search.weigh(alpha)
    torch.manual_seed(3)
    exponential = torch.empty(3).exponential_()
    torch.testing.assert_close(weights, (alpha - exponential.log()).softmax(0))


def test_draws_are_closer_to_one_candidate_as_the_search_goes_on() -> None:
    search = SNAS(SPACE)
    largest = []
    for progress in (0.0, 0.5, 1.0):
        search.anneal(progress)
        draws = [search.draw(step)[0]["width"].detach().max() for step in range(200)]
        largest.append(float(torch.stack(draws).mean()))
    assert largest == sorted(largest)
    assert largest[-1] > 0.98
