"""Layers that hold nested versions of themselves in one set of weights.

Imported as `tnn`, so that `tnn.Linear` beside `nn.Linear` says what it is.
"""

from tangle.nn.attention_scale import AttentionScale
from tangle.nn.batch_norm import BatchNorm1d, BatchNorm2d
from tangle.nn.binding import bind, checkpoint_context
from tangle.nn.conv import Conv1d, Conv2d
from tangle.nn.embedding import Embedding
from tangle.nn.extract import extract
from tangle.nn.gate import Gate
from tangle.nn.group_norm import GroupNorm
from tangle.nn.kernel_transforms import KernelTransforms
from tangle.nn.layer_norm import LayerNorm
from tangle.nn.linear import Linear
from tangle.nn.one_of import Group, OneOf
from tangle.nn.rms_norm import RMSNorm
from tangle.nn.stack import Stack
from tangle.nn.staged import Staged, in_last_stage
from tangle.nn.supernet import Supernet, gather_space
from tangle.nn.tensor import Tensor
from tangle.nn.training_parts import drop_training_parts
from tangle.nn.transformed_conv import TransformedConv2d

__all__ = [
    "AttentionScale",
    "BatchNorm1d",
    "BatchNorm2d",
    "Conv1d",
    "Conv2d",
    "Embedding",
    "Gate",
    "Group",
    "GroupNorm",
    "KernelTransforms",
    "LayerNorm",
    "Linear",
    "OneOf",
    "RMSNorm",
    "Stack",
    "Staged",
    "Supernet",
    "Tensor",
    "TransformedConv2d",
    "bind",
    "checkpoint_context",
    "drop_training_parts",
    "extract",
    "gather_space",
    "in_last_stage",
]
