"""Search spaces: ordinary networks in which some integers are choices, one a file."""

from tangle.spaces.autoformer import AutoFormer
from tangle.spaces.gpt import GPT
from tangle.spaces.toy_conv_macro import ToyConvMacro

__all__ = ["GPT", "AutoFormer", "ToyConvMacro"]
