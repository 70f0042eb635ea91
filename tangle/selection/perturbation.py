"""Choosing the candidate that a supernet misses most, instead of the one with the largest alpha."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from random import Random


def decision_order(names: Iterable[str], seed: int) -> list[str]:
    """Return the names of choices in the random order in which they are decided."""
    order = list(names)
    Random(seed).shuffle(order)
    return order


def decisions_left(epochs_left: int, tune_epochs: int) -> float:
    """Return how many decisions may wait for a later epoch, when the last epoch sees the last one.

    Args:
        epochs_left: Epochs after this one.
        tune_epochs: Epochs between two decisions; 0 makes all in the last epoch.
    """
    if epochs_left == 0:
        return 0
    return math.ceil(epochs_left / tune_epochs) if tune_epochs else math.inf


def most_missed(
    name: str,
    candidates: Mapping[str, Sequence[int]],
    score: Callable[[Mapping[str, Sequence[int]]], float],
) -> int:
    """Return the candidate of a choice without which the supernet is worst.

    Wang et al. (ICLR 2021), algorithm 1: alphas say little about what an operation contributes, so
    it is measured. Of equals the first is taken.

    Args:
        name: The choice.
        candidates: The open candidates of all choices, by index.
        score: Judges the supernet with these candidates open; larger is better.
    """
    if len(candidates[name]) == 1:
        return candidates[name][0]

    def score_without(candidate: int) -> float:
        others = [index for index in candidates[name] if index != candidate]
        return score({**candidates, name: others})

    return min(candidates[name], key=score_without)
