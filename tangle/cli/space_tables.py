"""What `tangle space` shows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from tangle.metrics.architecture_costs import Cost
from tangle.metrics.exactness import ExactnessProof
from tangle.metrics.inspection import Inspection

_MOST_LAYERS, _MOST_FIXED = 4, 10
_KINDS = {
    "exhaustive": "every architecture was run",
    "pairs": "architectures that together hold every candidate, and every pair of candidates of "
    "any two choices that can be active together, were run",
    "related pairs": "architectures that together hold every candidate, and every pair of "
    "candidates of two choices that one layer reads, were run (other pairs were not)",
}


@dataclass(frozen=True)
class _Section:
    """A paragraph, and a table if it has columns."""

    title: str
    text: str
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()


@dataclass(frozen=True)
class Times:
    """Seconds until an inspection was there.

    Attributes:
        looking: Since the command began, its imports done.
        process: Since the process began.
    """

    looking: float
    process: float


def show(found: Inspection, times: Times, console: Console, *, is_guess: bool = False) -> None:
    """Print an inspection as tables.

    Args:
        found: The inspection.
        times: What it took.
        console: Where it is printed.
        is_guess: Whether nothing said how large an input is.
    """
    for section in _sections(found, times, is_guess):
        console.print(f"\n[bold]{section.title}[/bold]")
        console.print(section.text, markup=False)
        if section.rows:
            table = Table(*section.columns)
            for row in section.rows:
                table.add_row(*row)
            console.print(table, markup=False)


def markdown(found: Inspection, times: Times, *, is_guess: bool = False) -> str:
    """Return as Markdown what `show` prints."""
    parts = []
    for section in _sections(found, times, is_guess):
        lines = [f"## {section.title}", "", section.text, ""]
        if section.rows:
            rule = ["---"] * len(section.columns)
            lines += [f"| {' | '.join(row)} |" for row in (section.columns, rule, *section.rows)]
            lines.append("")
        parts.append("\n".join(lines))
    return "\n".join(parts)


def _sections(found: Inspection, times: Times, is_guess: bool) -> Iterator[_Section]:
    shape = " x ".join(map(str, found.shape))
    guess = " (a guess: nothing says the size, give it by --input)" if is_guess else ""
    yield _Section(
        found.network,
        f"{found.cardinality:,} architectures of {len(found.candidates)} choices (space "
        f"{found.hash}); inputs of {shape}{guess}, {found.batch_size} in a step. Looked "
        f"at in {times.looking:.1f} s, {times.process:.1f} s with loading the program.",
    )
    yield _Section(
        "Choices", "The layers that read each choice, equal ones of several blocks together.",
        ("choice", "candidates", "read by"), [*_choices(found)],
    )  # fmt: skip
    yield _Section("Do all choices fit?", _proof(found))
    if found.proof.fits:
        yield _Section("Is it the same superposed, sliced and extracted?", _roles(found.exactness))
    if found.costs:
        yield _Section(
            "Costs", _costs_text(found),
            ("", "parameters", "MACs", "memory of a step", "of it activations", "time of a step"),
            [_cost(cost) for cost in found.costs],
        )  # fmt: skip
    yield _Section(
        "Not elastic",
        f"{len(found.fixed)} layers with {found.fixed_share:.1%} of the supernet's "
        f"{found.parameters:,} parameters are reached by no choice"
        + (f"; the {_MOST_FIXED} largest:" if len(found.fixed) > _MOST_FIXED else "."),
        ("layer", "class", "parameters", "share"),
        [
            (f.layer, f.kind, f"{f.parameters:,}", f"{f.parameters / found.parameters:.1%}")
            for f in found.fixed[:_MOST_FIXED]
        ],
    )


def _choices(found: Inspection) -> Iterator[tuple[str, str, str]]:
    for name, candidates in found.candidates.items():
        layers = [use.layer for use in found.uses if use.choice == name]
        groups = list(dict.fromkeys(re.sub(r"\b\d+\b", "*", layer) for layer in layers))
        count = len(set(layers))
        if count <= _MOST_LAYERS:
            groups = list(dict.fromkeys(layers))
        more = f" and {len(groups) - _MOST_LAYERS} more" if len(groups) > _MOST_LAYERS else ""
        read = ", ".join(groups[:_MOST_LAYERS]) + more
        yield name, ", ".join(map(str, candidates)), f"{count}: {read}"


def _proof(found: Inspection) -> str:
    proof = found.proof
    where = "on shapes alone (meta device)" if proof.device == "meta" else "on the CPU"
    text = f"{_KINDS[proof.kind]}: {proof.architectures} of {found.cardinality:,}, {where}"
    if proof.pairs:
        text += f"; {proof.pairs:,} pairs held"
    if proof.missing:
        text += f", {proof.missing} left out as no architecture was found that has them"
    if proof.fits:
        return f"Yes: {text}; so was the superposition of all."
    return f"No: {text}.\n" + "\n".join(f"- {misfit}" for misfit in proof.misfits)


def _roles(proof: ExactnessProof | None) -> str:
    if proof is None:
        return (
            "Not compared: with a network of this size it takes a while. --compare does so, and a "
            "search does before it trains."
        )
    if proof.inexactness is not None:
        return f"No. {proof.inexactness}."
    if not proof.architectures:
        return "Not compared: its outputs are random, hold no tensors, or take other numbers."
    return (
        f"Yes: {proof.architectures} architectures were compared on random numbers, in "
        f"{' and '.join(proof.modes)} mode."
    )


def _costs_text(found: Inspection) -> str:
    text = (
        f"Smallest, median (of {found.median_of} architectures) and largest by parameters. Memory "
        "is that of a training step: weights, gradients, optimizer "
        f"({found.optimizer_states:g} numbers for each parameter) and what the forward keeps for "
        f"the backward. Times are estimates for {found.device} by a few steps, of fewer inputs "
        "where a batch takes long; a ~ marks one that follows from another network's by MACs."
    )
    if found.search_memory is not None:
        text += (
            " A step on all architectures superposed holds "
            f"{_bytes(found.search_memory.total)}, {_bytes(found.search_memory.activations)} of it "
            "activations."
        )
    return text


def _cost(cost: Cost) -> tuple[str, ...]:
    step = cost.step
    seconds = (
        "not measured" if step is None else f"{'' if step.inputs else '~'}{step.seconds:.3g} s"
    )
    return (
        cost.name, f"{cost.parameters:,}", f"{cost.macs:,}", _bytes(cost.memory.total),
        _bytes(cost.memory.activations), seconds,
    )  # fmt: skip


def _bytes(count: int) -> str:
    return f"{count / 1e9:.2f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"
