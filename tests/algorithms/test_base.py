import random
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
import torch
from torch import nn

from tangle.algorithms import DARTS, SPOS, DrNAS, SearchAlgorithm
from tangle.core import Architecture, Choice, CostTable, Limit, Relaxation, SearchSpace, Term

SPACE = SearchSpace([Choice("width", tuple(range(1, 101))), Choice("operation", ("skip", "conv"))])


class Noise(SearchAlgorithm):
    """Draws from both generators that a search may draw from."""

    def sample(self) -> Sequence[Architecture | Relaxation]:
        uniform = torch.rand(len(self.space["width"].candidates))
        return [{"width": uniform / uniform.sum()}, self.space.sample(self.rng)]

    def incumbents(self) -> Mapping[str, Architecture]:
        return {}


def draw(algorithm: SearchAlgorithm, step: int, purpose: str = "weights") -> list[object]:
    """Return everything that one draw decides, as plain numbers."""
    return [
        value.tolist() if isinstance(value, torch.Tensor) else value
        for arch in algorithm.draw(step, purpose)
        for value in arch.values()
    ]


def test_algorithm_needs_a_way_to_sample_and_a_best_guess() -> None:
    with pytest.raises(TypeError, match=r"abstract"):
        SearchAlgorithm(SPACE)  # type: ignore[abstract]


@pytest.mark.parametrize("algorithm", [Noise, SPOS, DrNAS])
def test_draw_is_a_function_of_seed_step_and_purpose(algorithm: type[SearchAlgorithm]) -> None:
    straight, resumed = algorithm(SPACE, seed=3), algorithm(SPACE, seed=3)
    draws = [draw(straight, step, purpose) for step in range(4) for purpose in ("weights", "arch")]
    torch.manual_seed(99)
    random.seed(99)
    # Another order, other draws in between: only the last two steps, and backwards.
    assert draw(resumed, 3, "arch") == draws[7]
    assert draw(resumed, 3, "weights") == draws[6]
    assert draw(resumed, 2, "weights") == draws[4]


@pytest.mark.parametrize("algorithm", [Noise, SPOS, DrNAS])
def test_draws_of_other_seeds_steps_and_purposes_differ(algorithm: type[SearchAlgorithm]) -> None:
    draws = [
        draw(algorithm(SPACE, seed=seed), step, purpose)
        for seed in (0, 1)
        for step in (0, 1, 10)
        for purpose in ("weights", "arch")
    ]
    assert len({str(each) for each in draws}) >= len(draws) - 1  # SPOS may repeat one in 200


@pytest.mark.parametrize("algorithm", [Noise, SPOS, DrNAS, DARTS])
def test_global_random_state_is_left_as_it_was(algorithm: type[SearchAlgorithm]) -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state(), random.getstate(), str(np.random.get_state())
    algorithm(SPACE, seed=1).draw(0)
    after = torch.get_rng_state(), random.getstate(), str(np.random.get_state())
    assert torch.equal(before[0], after[0])
    assert before[1:] == after[1:]


@pytest.mark.parametrize("algorithm", [SPOS, DrNAS])
def test_draw_never_seeds_gpus_that_it_does_not_restore(
    algorithm: type[SearchAlgorithm], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(seed: int) -> None:
        raise AssertionError("dropout of the next forward would follow the draw's seed")

    monkeypatch.setattr(torch.cuda, "manual_seed_all", refuse)
    algorithm(SPACE).draw(0)


def test_failed_draw_restores_the_global_random_state() -> None:
    class Broken(Noise):
        def sample(self) -> Sequence[Architecture | Relaxation]:
            torch.rand(1)
            raise RuntimeError("broken")

    before = torch.get_rng_state()
    with pytest.raises(RuntimeError, match="broken"):
        Broken(SPACE).draw(0)
    assert torch.equal(torch.get_rng_state(), before)


def test_parameters_are_those_of_the_architecture_alone() -> None:
    assert isinstance(SPOS(SPACE), nn.Module)
    assert list(SPOS(SPACE).parameters()) == []
    assert {p.shape for p in DARTS(SPACE).parameters()} == {(100,), (2,)}


def test_annealing_is_optional() -> None:
    algorithm = DARTS(SPACE)
    before = draw(algorithm, 0)
    algorithm.anneal(0.5)
    assert draw(algorithm, 0) == before


def test_closed_candidates_are_not_drawn_and_a_checkpoint_keeps_them_closed() -> None:
    space = SearchSpace([Choice("width", (1, 2, 3)), Choice("kernel", (3, 5))])
    algorithm, loaded = SPOS(space), SPOS(space)
    algorithm.restrict("width", [2, 0])
    assert {algorithm.draw(step)[0]["width"] for step in range(30)} == {0, 2}
    loaded.load_state_dict(algorithm.state_dict())
    assert loaded.open == {"width": (0, 2), "kernel": (0, 1)}


@pytest.mark.parametrize("indices", [[], [3], [-1]])
def test_impossible_restriction_is_refused(indices: list[int]) -> None:
    with pytest.raises(ValueError, match="give at least one index from 0 to 2"):
        SPOS(SearchSpace([Choice("width", (1, 2, 3))])).restrict("width", indices)


def test_pruning_without_alphas_is_refused() -> None:
    with pytest.raises(ValueError, match="SPOS has no alphas to prune candidates by"):
        SPOS(SearchSpace([Choice("width", (1, 2, 3))])).prune(1)


def test_limits_of_an_algorithm_without_a_best_architecture_are_refused() -> None:
    table = CostTable(SPACE, [Term(("operation",), np.array([1, 2]))])
    with pytest.raises(ValueError, match=r"SPOS names no best .* within max_params: choose an alg"):
        SPOS(SPACE).keep_within([Limit("max_params", table, 1)])


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_alphas_stay_precise_in_a_module_of_half_precision(dtype: torch.dtype) -> None:
    search = DrNAS(SPACE)
    search.keep_average()
    alphas = [alpha.detach().clone() for alpha in search.parameters()]
    module = nn.ModuleList([search, nn.Linear(1, 1)]).to(dtype)
    assert {p.dtype for p in module[1].parameters()} == {dtype}
    assert all(torch.equal(a, b) for a, b in zip(search.parameters(), alphas, strict=True))
    search.update_average()  # whose means are as precise
    assert {buffer.dtype for buffer in search.buffers()} == {torch.float32}
    assert {alpha.dtype for alpha in search.double().parameters()} == {torch.float64}
