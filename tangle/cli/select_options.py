"""The options of `tangle select`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from tangle.cli.costs import COSTS
from tangle.selection import SAMPLERS, EvolutionSettings

_DESCRIPTION = """\
Search the architectures of a trained supernet: the second of two stages. Each candidate is a slice
of the supernet, judged on the validation data with the weights it inherits (after its batch
normalisation, if any, took new statistics from training data); nothing is trained and the test data
are not touched. RUN/selection/NAME then holds architecture.yaml (the best), trials.csv, with
several objectives pareto.csv and pareto.png, and study.journal, which optuna-dashboard opens. The
same command goes on with a study that was interrupted; run it twice at once to share the work."""
_EXAMPLES = """\
examples:
  tangle select runs/spos --trials 300
  tangle select runs/spos --sampler nsga2 --objectives accuracy macs --trials 500
  tangle select runs/spos --sampler random --trials 1000 --max-params 100k --name small
"""
_SUFFIXES = {"k": 1e3, "m": 1e6, "g": 1e9, "b": 1e9}
_DEFAULTS = EvolutionSettings()


def parse_options(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the options of a command line."""
    return _parser().parse_args(arguments)


def evolution_settings(options: argparse.Namespace) -> EvolutionSettings:
    """Return the settings of an evolutionary search among the options.

    Raises:
        ValueError: If one is out of range.
    """
    return EvolutionSettings(
        population=options.population, select=options.parents, mutants=options.mutants,
        crossovers=options.crossovers, mutation=options.mutation,
        structural_mutation=options.structural_mutation, structural=options.structural,
    )  # fmt: skip


def amount(text: str) -> float:
    """Return a number with an optional suffix for thousands, millions or billions.

    >>> amount("1.5M"), amount("2e5")
    (1500000.0, 200000.0)
    """
    factor = _SUFFIXES.get(text[-1:].lower(), 1.0)
    try:
        return float(text if factor == 1.0 else text[:-1]) * factor
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no number: give one such as 250000, 2.5e5, 250k or 1.5M"
        ) from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tangle select", description=_DESCRIPTION, epilog=_EXAMPLES, allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    add = parser.add_argument
    add("run", metavar="RUN", help="folder of the search whose supernet is trained")
    add(
        "--sampler",
        default="evolution",
        metavar="NAME",
        help=f"what proposes architectures: one of {', '.join(SAMPLERS)} (%(default)s)",
    )
    add(
        "--trials",
        type=int,
        default=200,
        metavar="N",
        help="architectures in the study in all, with those of former and concurrent runs; no "
        "network counts or is judged twice (%(default)s)",
    )
    add(
        "--minutes",
        type=float,
        metavar="M",
        help="minutes until the last evaluation is begun; the same command goes on (no limit)",
    )
    add(
        "--objectives",
        nargs="+",
        metavar="NAME",
        help=f"what to judge by: metrics of the task, and {', '.join(COSTS)}; of several the first "
        "says which is best (the task's main metric)",
    )
    add(
        "--max-params",
        type=amount,
        metavar="N",
        help="most parameters of an architecture, as 250000 or 250k; others are not judged",
    )
    add(
        "--max-macs",
        type=amount,
        metavar="N",
        help="most multiply-accumulates for one input, as 1.5M; others are not judged",
    )
    add("--name", metavar="NAME", help="name of the study's folder (that of the sampler)")
    add("--seed", type=int, default=0, metavar="N", help="seed of all draws (%(default)s)")
    add(
        "--latency-batch",
        type=int,
        default=1,
        metavar="N",
        help="inputs in the forward whose median time is the latency (%(default)s)",
    )
    add(
        "--val-batches",
        type=int,
        metavar="N",
        help="validation batches that judge an architecture (as many as judged the search)",
    )
    add(
        "--device",
        default="auto",
        metavar="NAME",
        help="where networks run: auto, cpu, cuda, cuda:1 (%(default)s)",
    )
    add("--overwrite", action="store_true", help="begin the study of this name anew")
    _add_evolution(parser.add_argument_group("evolution"))
    return parser


def _add_evolution(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add(
        "--population",
        type=int,
        default=_DEFAULTS.population,
        metavar="N",
        help="architectures in a generation, the first of which is random; that of nsga2 too "
        "(%(default)s)",
    )
    add(
        "--parents",
        type=int,
        default=_DEFAULTS.select,
        metavar="N",
        help="best architectures so far from which parents are drawn (%(default)s)",
    )
    add("--mutants", type=int, metavar="N", help="mutants in a generation (half of it)")
    add(
        "--crossovers",
        type=int,
        metavar="N",
        help="crossings of two parents in a generation (the other half); the rest is random",
    )
    add(
        "--mutation",
        type=float,
        default=_DEFAULTS.mutation,
        metavar="P",
        help="probability that a mutant draws a choice anew (%(default)s)",
    )
    add(
        "--structural-mutation",
        type=float,
        default=_DEFAULTS.structural_mutation,
        metavar="P",
        help="the same for structural choices (%(default)s)",
    )
    add(
        "--structural",
        nargs="+",
        metavar="CHOICE",
        help="names of the structural choices (those on which others depend, such as depth)",
    )
