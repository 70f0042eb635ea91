"""What a query at each place adds for each row and each column of an image's patches."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class RelativePosition2d(nn.Module):
    """Learned vectors for the vertical and the horizontal offset of one place from another.

    For places `i` and `j` of a square grid, `vertical[row_j - row_i] + horizontal[col_j - col_i]`
    (Wu et al., "Rethinking and Improving Relative Position Encoding for Vision Transformer", ICCV
    2021; as in AutoFormer). Offsets beyond `max_distance` count as that; where a class token is on
    either side, row 0 of both tables is meant.

    A place is known by its row and its column, so the vectors for all `T x T` pairs are never made:
    those of query `i` for each row and each column are enough.

    Args:
        head_dim: Length of a vector.
        side: Rows (and columns) of the grid; the sequence is a class token and `side * side`
            patches.
        max_distance: Largest offset that is told from larger ones, patches.
    """

    rows: Tensor
    columns: Tensor

    def __init__(self, head_dim: int, side: int, *, max_distance: int = 14) -> None:
        super().__init__()
        self.vertical = nn.Embedding(2 * max_distance + 2, head_dim)
        self.horizontal = nn.Embedding(2 * max_distance + 2, head_dim)
        entries = _entries(side, max_distance)
        self.register_buffer("rows", _of_sequence(entries[:, None].expand(-1, side, -1)), False)
        self.register_buffer("columns", _of_sequence(entries[None].expand(side, -1, -1)), False)

    def forward(self) -> Tensor:
        """Return each query's vectors, `[T, 2 (side + 1), head_dim]`.

        First those for the class token and each row, then those for the class token and each
        column.
        """
        return torch.cat([self.vertical(self.rows), self.horizontal(self.columns)], 1)


def places(side: int) -> Tensor:
    """Return for each key, `[T, 2 (side + 1)]`, one in its row and in its column, else zero."""
    line = torch.arange(1, side + 1)
    row, column = line.repeat_interleave(side), line.repeat(side)
    token = torch.zeros(1, dtype=torch.long)
    one_hot = nn.functional.one_hot
    both = [one_hot(torch.cat([token, of]), side + 1) for of in (row, column)]
    return torch.cat(both, 1).to(torch.get_default_dtype())


def _entries(side: int, max_distance: int) -> Tensor:
    """Return the table's row for a query and a key of each coordinate, `[side, side + 1]`.

    The first column, for the class token as key, is row 0.
    """
    line = torch.arange(side)
    offset = (line[None] - line[:, None]).clamp(-max_distance, max_distance)
    return nn.functional.pad(offset + max_distance + 1, (1, 0))


def _of_sequence(grid: Tensor) -> Tensor:
    """Return `[T, side + 1]` for a grid `[side, side, side + 1]`: row 0 for the class token."""
    return nn.functional.pad(grid.flatten(0, 1), (0, 0, 1, 0)).contiguous()
