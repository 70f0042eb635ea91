"""Beginnings of texts, for a language model to continue."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from lightning.pytorch import LightningDataModule
from torch import Tensor
from torch.utils.data import DataLoader

from tangle.data.tokenizer import Tokenizer, Vocabulary


class Prompts(LightningDataModule):
    """Texts whose tokens a prediction gets, one text in a batch; there is nothing to train on.

    Args:
        prompts: the texts, none empty.
        tokens: `bytes` for UTF-8 bytes, `gpt2` for GPT-2's vocabulary; as in the training data.

    Raises:
        ValueError: if a text is empty or cannot be encoded, or there is none.
    """

    def __init__(self, prompts: Sequence[str], tokens: Vocabulary = "bytes") -> None:
        super().__init__()
        if not prompts:
            raise ValueError("prompts is empty; give at least one text to continue")
        self.tokenizer = Tokenizer(tokens)
        self.encoded = [self._encode(prompt) for prompt in prompts]

    def _encode(self, prompt: str) -> Tensor:
        if not prompt:
            raise ValueError("a prompt is empty; begin it with at least one character")
        try:
            prompt.encode("utf-8")
        except UnicodeEncodeError as error:
            raise ValueError(
                f"the prompt {prompt!r} cannot be encoded: {error.reason} at character "
                f"{error.start}; write it in valid Unicode"
            ) from error
        return torch.from_numpy(self.tokenizer.encode(prompt).astype(np.int64))[None]

    def predict_dataloader(self) -> DataLoader[Tensor]:
        """The tokens [1, T] of each text."""
        texts: Any = self.encoded  # a list is all the loader needs of a data set
        return DataLoader(texts, batch_size=None)

    def decode(self, ids: Tensor) -> str:
        """The text of tokens [T]; bytes that are no text become a replacement character."""
        return self.tokenizer.decode(ids.tolist())
