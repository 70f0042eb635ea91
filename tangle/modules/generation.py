"""Continuing texts with a language model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class Generation:
    """How a language model continues a text: token by token, each drawn from its prediction.

    Attributes:
        block_size: Longest sequence that the network takes, tokens; of a longer one it sees the
            end.
        max_new_tokens: How many tokens to add.
        temperature: Divides the logits: below 1 likely tokens become likelier; 0 always takes the
            likeliest.
        top_k: Number of likeliest tokens to draw from; None for all.
        seed: Of the draws, which are the same for each text.

    Raises:
        ValueError: If an option is out of range.
    """

    block_size: int
    max_new_tokens: int = 200
    temperature: float = 1.0
    top_k: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("block_size", "max_new_tokens", "top_k"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"generation.{name} is {value}: it must be at least 1")
        if not self.temperature >= 0:
            raise ValueError(
                f"generation.temperature is {self.temperature}: it must be at least 0, where 0 "
                "takes the likeliest token"
            )

    @torch.no_grad()
    def continued(self, network: Any, tokens: Tensor) -> Tensor:
        """Return texts with their continuations, `[B, T + max_new_tokens]`, for texts `[B, T]`.

        Args:
            network: Returns logits `[B, T, vocab_size]` for tokens `[B, T]`; in evaluation mode.
            tokens: At least one for each text.

        Raises:
            ValueError: If texts are empty.
        """
        if tokens.shape[1] == 0:
            raise ValueError("A text to continue has no tokens: begin it with at least one")
        generator = torch.Generator().manual_seed(self.seed)
        for _ in range(self.max_new_tokens):
            logits = network(tokens[:, -self.block_size :])[:, -1]
            drawn = self._draw(logits.float().cpu(), generator).to(tokens.device)
            tokens = torch.cat([tokens, drawn], 1)
        return tokens

    def _draw(self, logits: Tensor, generator: torch.Generator) -> Tensor:
        """Return a token for each row of logits `[B, vocab_size]`, `[B, 1]`."""
        if self.temperature == 0:
            return logits.argmax(-1, keepdim=True)
        likeliest, ids = logits.topk(min(self.top_k or logits.shape[-1], logits.shape[-1]))
        drawn = torch.multinomial(
            (likeliest / self.temperature).softmax(-1), 1, generator=generator
        )
        return ids.gather(-1, drawn)
