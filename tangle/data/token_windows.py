"""Sequences of tokens to train a language model on."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from tangle.data.sampler import Draw


class Tokens(Protocol):
    """A text in tokens."""

    @property
    def ids(self) -> NDArray[np.uint16]:
        """The tokens [T]."""


@dataclass(frozen=True)
class TokenArray:
    """Tokens in memory.

    Args:
        ids: the tokens [T].
    """

    ids: NDArray[np.uint16]


class TokenWindows(Dataset[tuple[Tensor, Tensor]]):
    """Windows of `block_size` + 1 tokens that follow each other without a gap or an overlap.

    The first `block_size` tokens of a window are its input and the last ones its targets, each the
    token that follows. So no token is seen in two windows, and of tokens that fill no whole window
    at the end none is used.

    Args:
        tokens: the text.
        block_size: length of an input.
        windows: numbers of the windows to use [N], below `count_windows`; None for all.
    """

    def __init__(self, tokens: Tokens, block_size: int, windows: Tensor | None = None) -> None:
        self.tokens = tokens
        self.block_size = block_size
        number = count_windows(tokens, block_size)
        self.windows = (torch.arange(number) if windows is None else windows).numpy()

    def __len__(self) -> int:
        """Number of windows."""
        return len(self.windows)

    def __getitem__(self, draw: Draw) -> tuple[Tensor, Tensor]:
        """Inputs and targets of a draw, both int64 [B, block_size]."""
        length = self.block_size + 1
        starts = self.windows[draw.indices] * length
        rows = self.tokens.ids[starts[:, None] + np.arange(length)].astype(np.int64)
        batch = torch.from_numpy(rows)
        return batch[:, :-1].contiguous(), batch[:, 1:].contiguous()


def count_windows(tokens: Tokens, block_size: int) -> int:
    """Number of whole windows in a text."""
    return len(tokens.ids) // (block_size + 1)
