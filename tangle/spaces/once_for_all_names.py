"""Names of weights in files of the once-for-all project, as names of `MobileNetV3` here."""

from __future__ import annotations

import re
from collections.abc import Callable

_PARTS = {
    "first_conv.": "stem.", "final_expand_layer.": "expand.", "feature_mix_layer.": "mix.",
    "classifier.linear.": "head.", "inverted_bottleneck.": "widen.",
    "depth_conv.se.fc.": "gate.", "depth_conv.": "depthwise.", "point_linear.": "project.",
}  # fmt: skip


def from_once_for_all(name: str, *, depth: int) -> str:
    """Return the name here of a weight there; a name of neither stays as it is.

    There one list holds the first block and then those of all stages, and layers with choices are
    wrapped: `blocks.1.conv.depth_conv.bn.bn.weight` is the second block's.

    >>> from_once_for_all("blocks.6.conv.depth_conv.conv.conv.weight", depth=4)
    'stages.1.1.depthwise.0.weight'

    Args:
        name: A name of a static network or of a supernet.
        depth: Number of blocks in each stage.
    """
    if not name.startswith(("blocks.", "first_conv.", "final_expand", "feature_mix", "classifier")):
        return name
    name = name.replace(".bn.bn.", ".bn.").replace(".linear.linear.", ".linear.")
    name = re.sub(r"^blocks\.(\d+)\.(?:mobile_inverted_conv|conv)\.", _block(depth), name)
    for there, here in _PARTS.items():
        name = name.replace(there, here)
    name = re.sub(r"\.(?:conv\.)+(?=weight$|\dto)", ".0.", name).replace(".bn.", ".1.")
    # Matrices are numbered from the largest kernel on, of 7, 5 and 3.
    return re.sub(
        r"(\d)to\d_matrix$", lambda m: f"transforms.matrices.{(7 - int(m[1])) // 2}", name
    )


def _block(depth: int) -> Callable[[re.Match[str]], str]:
    def place(match: re.Match[str]) -> str:
        stage, block = divmod(int(match[1]) - 1, depth)
        return "first." if stage < 0 else f"stages.{stage}.{block}."

    return place
