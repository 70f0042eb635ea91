"""The README of an extracted network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tangle.metrics import Latency

_LOAD_SOURCE = """\
```python
from safetensors.torch import load_model

from model import Network

net = Network()
load_model(net, "weights.safetensors")
net.eval()
```

`model.py` imports torch and nothing else."""
_LOAD_PROGRAM = """\
```python
import torch

net = torch.export.load("model.pt2").module()
```

The network's forward could not be written as source ({reason}), so torch's exported program, which
computes in evaluation mode, stands for it."""


@dataclass(frozen=True)
class ModelCard:
    """What is known of an extracted network.

    Attributes:
        name: What it is called.
        no_source: Why it has no source; empty if it has.
        has_onnx: Whether there is `model.onnx`.
        input_shape: Shape of one input.
        metrics: Metrics of validation and test, by name.
        recalibration: Metrics before and after running statistics were taken anew; empty if it has
            none.
        parameters: Number of parameters.
        macs: Multiply-accumulate operations for one input.
        memory: Most bytes of activations for one input.
        latencies: Times measured.
        architecture: The value of each choice.
        provenance: Where it comes from.
        parity: For each pair that was compared, how far apart, and the limit.
        parity_batch: Inputs that were compared.
    """

    name: str
    no_source: str
    has_onnx: bool
    input_shape: Sequence[int]
    metrics: Mapping[str, float]
    recalibration: Mapping[str, tuple[float, float]]
    parameters: int
    macs: int
    memory: int
    latencies: Sequence[Latency]
    architecture: Mapping[str, Any]
    provenance: Mapping[str, Any]
    parity: Mapping[str, tuple[float, float]]
    parity_batch: int

    def text(self) -> str:
        """Return the card, in Markdown."""
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        yield from (f"# {self.name}", "", "A network found by tangle, in plain PyTorch.", "")
        yield _LOAD_PROGRAM.format(reason=self.no_source) if self.no_source else _LOAD_SOURCE
        shape = ", ".join(map(str, ("B", *self.input_shape)))
        onnx = " `model.onnx` is the same network for ONNX Runtime." if self.has_onnx else ""
        yield from ("", f"Its input is `[{shape}]`.{onnx}", "", "## Results", "")
        yield from _table(("metric", "value"), [(n, _number(v)) for n, v in self.metrics.items()])
        yield from self._recalibrated()
        yield from ("", "## Cost", "")
        yield from _table(("of one input", "value"), self._costs())
        yield from ("", "## Architecture", "")
        yield from _table(("choice", "value"), self.architecture.items())
        yield from ("", "## Provenance", "")
        yield from _table(("", ""), self.provenance.items())
        yield from ("", "## Parity", "")
        yield f"Largest difference of outputs on a batch of {self.parity_batch} test inputs, of the"
        yield from ("largest output (or of 1):", "")
        rows = [
            (pair, f"{apart:.1e}", f"{most:.0e}") for pair, (apart, most) in self.parity.items()
        ]
        yield from _table(("compared", "difference", "limit"), rows)

    def _recalibrated(self) -> Iterator[str]:
        if not self.recalibration:
            return
        yield from ("", "Running statistics were taken anew from training data:", "")
        rows = [(n, _number(one), _number(two)) for n, (one, two) in self.recalibration.items()]
        yield from _table(("metric", "supernet's statistics", "its own"), rows)

    def _costs(self) -> Iterator[tuple[str, str]]:
        yield "parameters", f"{self.parameters:,}"
        yield "multiply-accumulate operations", f"{self.macs:,}"
        yield "peak memory of activations", f"{self.memory / 2**20:.2f} MiB"
        for latency in self.latencies:
            yield (
                f"latency at batch size {latency.batch_size}, {latency.device}, "
                f"{latency.threads} thread(s)",
                f"{latency.median:.3f} ms (median of {latency.runs}; "
                f"deciles {latency.low:.3f} to {latency.high:.3f})",
            )


def _table(head: Sequence[str], rows: Any) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(str(cell) for cell in row) + " |"


def _number(value: float) -> str:
    return f"{value:.4f}"
