"""DARTS cells in the notation of the DARTS code, and as values of this space's choices."""

from __future__ import annotations

from collections.abc import Mapping

from tangle.core import Candidate
from tangle.core.genotype import Edge, Genotype
from tangle.spaces.blocks.cell import edge_name
from tangle.spaces.blocks.darts_cell import KINDS, OPERATIONS
from tangle.spaces.blocks.edge import NONE
from tangle.spaces.blocks.kept_edges import NUM_INPUTS, NUM_KEPT


def read_darts_genotype(text: str) -> dict[str, str]:
    """Return the operation of every edge, by choice name, for `space.parse`.

    Args:
        text: `Genotype(normal=[('sep_conv_3x3', 1), ('skip_connect', 0), ...], ...)`: two edges a
            node, in any order; states 0 and 1 are the inputs, the nodes follow from 2 on.

    Raises:
        ValueError: If the text is no genotype, or has an unknown operation or an impossible edge.
    """
    genotype = Genotype.parse(text)
    return {
        name: operation
        for kind, edges, concat in (
            ("normal", genotype.normal, genotype.normal_concat),
            ("reduce", genotype.reduce, genotype.reduce_concat),
        )
        for name, operation in _cell(kind, edges, concat).items()
    }


def write_darts_genotype(values: Mapping[str, Candidate]) -> str:
    """Return the notation of cells, given by value as `space.describe` returns them.

    The edges of a node are in the order of their sources.

    Raises:
        ValueError: If a node has other than two edges.
    """
    nodes = max(int(name.split("_n")[1].split("_")[0]) for name in values) + 1
    cells = {kind: _edges(kind, values, nodes) for kind in KINDS}
    concat = tuple(range(NUM_INPUTS, nodes))
    return str(Genotype(cells["normal"], concat, cells["reduce"], concat))


def _cell(kind: str, edges: tuple[Edge, ...], concat: tuple[int, ...]) -> dict[str, str]:
    nodes = range(NUM_INPUTS, NUM_INPUTS + len(edges) // NUM_KEPT)
    if len(edges) != NUM_KEPT * len(nodes) or concat != tuple(nodes) or not edges:
        raise ValueError(
            f"The {kind} cell has {len(edges)} edges and concatenates the states {list(concat)}: "
            f"it must have {NUM_KEPT} edges a node, and concatenate all nodes, from {NUM_INPUTS} on"
        )
    operations = {f"{kind}_{edge_name(node, s)}": NONE for node in nodes for s in range(node)}
    for number, (operation, source) in enumerate(edges):
        name = f"{kind}_{edge_name(NUM_INPUTS + number // NUM_KEPT, source)}"
        if operation not in OPERATIONS or operation == NONE:
            raise ValueError(
                f"Edge {number} of the {kind} cell has the operation {operation!r}, but the "
                f"operations are {', '.join(OPERATIONS[1:])}"
            )
        if operations.get(name) != NONE:
            raise ValueError(
                f"Edge {number} of the {kind} cell comes from state {source}, but the sources of a "
                "node are two different states before it"
            )
        operations[name] = operation
    return operations


def _edges(kind: str, values: Mapping[str, Candidate], nodes: int) -> tuple[Edge, ...]:
    edges: list[Edge] = []
    for node in range(NUM_INPUTS, nodes):
        operations = {s: str(values[f"{kind}_{edge_name(node, s)}"]) for s in range(node)}
        kept = [(name, source) for source, name in operations.items() if name != NONE]
        if len(kept) != NUM_KEPT:
            raise ValueError(
                f"Node {node} of the {kind} cell has {len(kept)} edges, but a genotype has "
                f"{NUM_KEPT} for each: take space.canonical of the architecture"
            )
        edges += kept
    return tuple(edges)
