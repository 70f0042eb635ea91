"""Search spaces: ordinary networks in which some integers are choices, one a file."""

from tangle.spaces.autoformer import AutoFormer
from tangle.spaces.darts import DARTSNet
from tangle.spaces.gpt import GPT
from tangle.spaces.mobilenetv3 import MobileNetV3
from tangle.spaces.nasbench201 import NASBench201
from tangle.spaces.toy_cell import ToyCell
from tangle.spaces.toy_conv_macro import ToyConvMacro

__all__ = [
    "GPT",
    "AutoFormer",
    "DARTSNet",
    "MobileNetV3",
    "NASBench201",
    "ToyCell",
    "ToyConvMacro",
]
