"""The notation of cells that the papers of DARTS and its successors print."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

Edge = tuple[str, int]
"""An operation, and the number of the state it comes from."""

_CELLS = ("normal", "reduce")


@dataclass(frozen=True)
class Genotype:
    """Two cells as lists of incoming edges, node after node.

    Written as `Genotype(normal=[('skip_connect', 0), ...], normal_concat=range(2, 6), reduce=...,
    reduce_concat=...)`, which is what Python shows for the named tuple of the DARTS code.

    Attributes:
        normal: Edges of the cells that keep the resolution.
        normal_concat: States whose concatenation is the output of these cells.
        reduce: Edges of the cells that halve it.
        reduce_concat: States whose concatenation is the output of these cells.
    """

    normal: tuple[Edge, ...]
    normal_concat: tuple[int, ...]
    reduce: tuple[Edge, ...]
    reduce_concat: tuple[int, ...]

    @classmethod
    def parse(cls, text: str) -> Genotype:
        """Return the genotype of a text; nothing in it is executed.

        Raises:
            ValueError: If the text is no such notation.
        """
        try:
            call = ast.parse(text.strip(), mode="eval").body
            assert isinstance(call, ast.Call)
            assert isinstance(call.func, ast.Name)
            assert call.func.id == "Genotype"
            assert not call.args
            given = {keyword.arg: keyword.value for keyword in call.keywords}
            normal, reduce = (_edges(given.pop(name)) for name in _CELLS)
            normal_concat, reduce_concat = (
                _numbers(given.pop(f"{name}_concat")) for name in _CELLS
            )
            assert not given
        except (SyntaxError, ValueError, TypeError, KeyError, AssertionError, RecursionError):
            raise ValueError(
                f"{_shortened(text)} is no genotype: write it as Genotype(normal=[('operation', "
                "source), ...], normal_concat=range(first, end), reduce=[...], reduce_concat=...)"
            ) from None
        return cls(normal, normal_concat, reduce, reduce_concat)

    def __str__(self) -> str:
        parts = [
            f"{name}={list(edges)}, {name}_concat={_written(concat)}"
            for name, edges, concat in (
                ("normal", self.normal, self.normal_concat),
                ("reduce", self.reduce, self.reduce_concat),
            )
        ]
        return f"Genotype({', '.join(parts)})"


def _edges(node: ast.expr) -> tuple[Edge, ...]:
    edges = tuple((operation, source) for operation, source in ast.literal_eval(node))
    for operation, source in edges:
        assert isinstance(operation, str)
        assert type(source) is int
    return edges


def _numbers(node: ast.expr) -> tuple[int, ...]:
    if isinstance(node, ast.Call):
        assert isinstance(node.func, ast.Name)
        assert node.func.id == "range"
        first, end = (ast.literal_eval(argument) for argument in node.args)
        assert 0 <= first < end < 100
        return tuple(range(first, end))
    numbers = tuple(ast.literal_eval(node))
    assert all(type(number) is int for number in numbers)
    return numbers


def _written(numbers: Sequence[int]) -> str:
    is_range = numbers and list(numbers) == list(range(numbers[0], numbers[-1] + 1))
    return f"range({numbers[0]}, {numbers[-1] + 1})" if is_range else str(list(numbers))


def _shortened(text: str) -> str:
    return repr(text if len(text) < 200 else text[:200] + "...")
