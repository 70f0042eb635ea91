"""Random spaces and costs, small enough to enumerate."""

from __future__ import annotations

from random import Random

import numpy as np

from tangle.core import Choice, CostTable, SearchSpace, Term, joint_candidates


def random_space(rng: Random, count: int = 6) -> SearchSpace:
    return SearchSpace(Choice(f"c{i}", range(1, 1 + rng.randint(1, 4))) for i in range(count))


def random_terms(space: SearchSpace, rng: Random, count: int = 7) -> list[Term]:
    terms = [Term((), np.array(rng.randint(0, 9)))]
    for _ in range(count):
        names = rng.sample(list(space), rng.randint(1, 3))
        shape = [len(space[name].candidates) for name in names]
        values = [rng.randint(0, 50) for _ in range(int(np.prod(shape)))]
        terms.append(Term(tuple(names), np.array(values, np.int64).reshape(shape)))
    return terms


def random_table(space: SearchSpace, rng: Random) -> CostTable:
    return CostTable(space, random_terms(space, rng))


def random_scores(space: SearchSpace, rng: Random) -> dict[str, list[float]]:
    return {name: [rng.gauss(0, 1) for _ in choice.candidates] for name, choice in space.items()}


def star_space(rng: Random, layers: int = 4) -> tuple[SearchSpace, list[list[Term]]]:
    """Width and depth that tie all layers together, as in a transformer; two costs."""
    space = SearchSpace(
        [Choice("width", (1, 2)), Choice("depth", tuple(range(layers // 2, layers + 1)))]
        + [Choice(f"{kind}_{i}", (1, 2, 3)) for i in range(layers) for kind in ("heads", "ratio")]
    )
    costs: list[list[Term]] = [[], []]
    for cost in costs:
        for i in range(layers):
            runs = np.array(space["depth"].candidates) > i
            for kind in ("heads", "ratio"):
                size = np.array([[rng.randint(1, 30) for _ in range(3)] for _ in range(2)])
                counts = runs[:, None, None] * np.sort(size)
                cost.append(Term(("depth", "width", f"{kind}_{i}"), counts.astype(np.int64)))
    return space, costs


def all_architectures(space: SearchSpace) -> list[dict[str, int]]:
    return list(joint_candidates(tuple(space.values())))
