"""What is asked of the configurations of a comparison before hours are spent on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jsonargparse import ArgumentParser

from tangle.algorithms import SearchAlgorithm
from tangle.core import Choice, SearchSpace
from tangle.selection import SAMPLERS


def check_named(files: Sequence[str], config: Mapping[str, Any]) -> None:
    """Check that a search without a second stage comes to an architecture.

    Args:
        files: The files of the search.
        config: What they come to.

    Raises:
        ValueError: If its algorithm names none as the best.
    """
    algorithm = (config["model"].get("init_args") or {}).get("algorithm")
    # A module of the user's may make its algorithm itself: then it is not known before.
    if isinstance(algorithm, Mapping) and not _names_best(algorithm):
        raise ValueError(
            f"--config {','.join(files)}: {algorithm['class_path'].rpartition('.')[2]} trains a "
            "supernet and names no architecture: add the sampler of a second stage, "
            f"{files[-1]}+evolution; there are {', '.join(SAMPLERS)}"
        )


def check_benchmarks(configs: Mapping[str, Mapping[str, Any]]) -> None:
    """Check that all searches have a benchmark to look their architectures up in.

    Args:
        configs: The configuration of each search.

    Raises:
        ValueError: If one has none.
    """
    without = [name for name, c in configs.items() if not (c.get("anytime") or {}).get("benchmark")]
    if without:
        raise ValueError(
            f"--no-retrain leaves nothing to compare {', '.join(without)} by: give a benchmark, "
            "such as --anytime.benchmark ToyCellTable --anytime.benchmark.path toy_cell.csv, or "
            "leave the option out"
        )


def _names_best(algorithm: Mapping[str, Any]) -> bool:
    """Return whether an algorithm names a best architecture, asked in a space of two."""
    parser = ArgumentParser(exit_on_error=False)
    parser.add_argument("--algorithm", type=Callable[[SearchSpace], SearchAlgorithm])
    try:
        make = parser.instantiate_classes(parser.parse_object({"algorithm": algorithm})).algorithm
        return "best" in make(SearchSpace([Choice("any", (1, 2))])).incumbents()
    except ValueError:  # it asks more of a space, which is for the search to say
        return True
