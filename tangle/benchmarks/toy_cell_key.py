"""The keys of the toy cell table, and architectures as values of the space's choices."""

from __future__ import annotations

from collections.abc import Mapping

from tangle.core import Candidate
from tangle.core.genotype import Edge, Genotype

OPERATIONS = ("sep_conv_3x3", "sep_conv_5x5", "dil_conv_3x3", "dil_conv_5x5")
EDGES = ("n1_from0", "n2_from0", "n2_from1")
KINDS = ("normal", "reduce")
_SOURCES = (0, 0, 1)
_CONCAT = (1, 2)


def read_toy_cell_key(text: str) -> dict[str, str]:
    """Return the operation of every edge, by choice name, for `space.parse`.

    Args:
        text: `Genotype(normal=[(op, 0), (op, 0), (op, 1)], normal_concat=range(1, 3),
            reduce=..., reduce_concat=range(1, 3))`.

    Raises:
        ValueError: If the text is no genotype, or has an unknown operation or other edges.
    """
    genotype = Genotype.parse(text)
    cells = {"normal": (genotype.normal, genotype.normal_concat),
             "reduce": (genotype.reduce, genotype.reduce_concat)}  # fmt: skip
    for kind, (edges, concat) in cells.items():
        _check(kind, edges, concat)
    return {
        f"{kind}_{edge}": operation
        for kind in KINDS
        for edge, (operation, _) in zip(EDGES, cells[kind][0], strict=True)
    }


def write_toy_cell_key(values: Mapping[str, Candidate]) -> str:
    """Return the key of an architecture, given by value as `space.describe` returns it."""
    normal, reduce = (
        tuple(
            (str(values[f"{kind}_{edge}"]), source)
            for edge, source in zip(EDGES, _SOURCES, strict=True)
        )
        for kind in KINDS
    )
    return str(Genotype(normal, _CONCAT, reduce, _CONCAT))


def _check(kind: str, edges: tuple[Edge, ...], concat: tuple[int, ...]) -> None:
    sources = tuple(source for _, source in edges)
    if sources != _SOURCES or concat != _CONCAT:
        raise ValueError(
            f"The {kind} cell has edges from the states {list(sources)} and concatenates "
            f"{list(concat)}, but a toy cell has edges from {list(_SOURCES)} and concatenates "
            f"{list(_CONCAT)}"
        )
    for operation, _ in edges:
        if operation not in OPERATIONS:
            raise ValueError(
                f"The {kind} cell has the operation {operation!r}, but the operations are "
                f"{', '.join(OPERATIONS)}"
            )
