"""An operation on a part of the channels that widens in stages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor, nn

from tangle.core import Choice
from tangle.nn import Staged
from tangle.nn.elastic import Branch, Elastic, Extraction
from tangle.spaces.blocks.partial_channels import PartialChannels, on_first, passing


class WideningChannels(Elastic):
    """Runs an operation on a part of the channels that is larger in each stage of a search.

    The progressive search of DrNAS (Chen et al., ICLR 2021, section 3.3). There, wider operations
    are copied together from narrower ones. Here an operation is a slice of the widest from the
    start: what it has learned stays, and the channels that join begin as they were drawn.

    Args:
        operation: The operation, of a width of `C / parts` in each stage.
        parts: How many parts there are, in each stage.
        stride: The operation's stride, pixels.
    """

    def __init__(self, operation: Staged, parts: Sequence[int], *, stride: int = 1) -> None:
        super().__init__()
        self.operation = operation
        self.parts = tuple(parts)
        self.stride = stride
        self.passed = passing(stride)

    def forward(self, x: Tensor) -> Tensor:
        """Return `[B, C, H / stride, W / stride]` for `[B, C, H, W]`, C divisible by the parts."""
        return on_first(self.operation, x, self._parts, self.passed)

    @property
    def _parts(self) -> int:
        return self.parts[self.operation.stage]

    def own_choices(self) -> Sequence[Choice]:
        """Return none."""
        return ()

    def branches(self) -> Sequence[Branch]:
        """Return the operation."""
        return [Branch(self.operation)]

    def extracted(self, arch: Mapping[str, int], extraction: Extraction) -> nn.Module:
        """Return the operation on the part of this stage, or by itself if that is the whole."""
        operation = extraction.module(self.operation, arch)
        if self._parts == 1:
            return operation
        return PartialChannels(operation, self._parts, stride=self.stride)
