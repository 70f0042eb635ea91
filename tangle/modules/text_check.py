"""Whether a language model takes the text that it is to see."""

from __future__ import annotations

from typing import Any

from torch import nn

from tangle.modules.task import Task


def check_text(net: nn.Module, task: Task, data: Any) -> None:
    """Check that vocabulary and block of the data are not larger than those of net and task.

    What net, task or data do not tell by an attribute `vocab_size` or `block_size` is not checked.

    Raises:
        ValueError: If they are; names the options and their values.
    """
    for part, holder in (("model.net", net), ("model.task", task)):
        _at_most(data, "vocab_size", holder, part, "tokens in the vocabulary")
    _at_most(data, "block_size", net, "model.net", "tokens in a sequence")


def _at_most(data: Any, option: str, holder: object, part: str, what: str) -> None:
    needed, limit = getattr(data, option, None), getattr(holder, option, None)
    if isinstance(needed, int) and isinstance(limit, int) and needed > limit:
        remedy = "other tokens" if option == "vocab_size" else f"a smaller data.{option}"
        raise ValueError(
            f"The data bring {needed} {what}, but {part}.{option} is {limit}: set it to at least "
            f"{needed}, or choose data with {remedy}"
        )
