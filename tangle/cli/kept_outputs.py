"""What validate, test and predict leave in the folder of a run."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml
from lightning.pytorch.utilities import rank_zero_only
from safetensors.torch import save_file
from torch import Tensor

from tangle.core.atomic import replacing, write_text
from tangle.data import Prompts

FOR_TEXT = (
    "predict by a run whose model.task is LanguageModelling, and set its generation, such as "
    "--model.task.generation.block_size 224"
)
"""What prompts need."""


@rank_zero_only
def keep_metrics(folder: Path, verb: str, metrics: Sequence[Mapping[str, float]]) -> None:
    """Write the metrics of the first data loader, `VERB.yaml`.

    Args:
        folder: Of the run.
        verb: What measured them: validate or test.
        metrics: Those of each loader.
    """
    write_text(folder / f"{verb}.yaml", yaml.safe_dump(dict(metrics[0]), sort_keys=False))


@rank_zero_only
def keep_texts(folder: Path, prompts: Prompts, texts: Sequence[Tensor]) -> None:
    """Write the texts that prompts became, `generated.txt`, and show them.

    Args:
        folder: Of the run.
        prompts: The prompts.
        texts: Numbers of tokens, `[B, length]`, of each batch.

    Raises:
        ValueError: If they are no numbers of tokens.
    """
    if any(text.is_floating_point() for text in texts):
        raise ValueError(f"The network answers prompts with numbers, not with text: {FOR_TEXT}")
    whole = "\n\n".join(prompts.decode(row) for text in texts for row in text) + "\n"
    write_text(folder / "generated.txt", whole)
    sys.stdout.write(whole)


@rank_zero_only
def keep_outputs(folder: Path, outputs: Tensor) -> None:
    """Write outputs for test data, `predictions.safetensors`.

    Args:
        folder: Of the run.
        outputs: `[N, ...]`.
    """
    with replacing(folder / "predictions.safetensors") as temporary:
        save_file({"predictions": outputs.cpu().contiguous()}, temporary)
