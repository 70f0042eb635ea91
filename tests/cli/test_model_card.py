"""The card says how to load the network, what it is worth, what it costs, and where it is from."""

from dataclasses import replace

from tangle.cli.model_card import ModelCard
from tangle.metrics import Latency

CARD = ModelCard(
    name="mine",
    no_source="",
    has_onnx=True,
    input_shape=(3, 8, 8),
    metrics={"test/accuracy": 0.91},
    recalibration={"test/accuracy": (0.5, 0.91)},
    parameters=1234567,
    macs=89,
    memory=3 * 2**20,
    latencies=[Latency(1.5, 1.25, 2.0, 4, 30, "cpu", 1)],
    architecture={"width": 16},
    provenance={"algorithm": "DrNAS", "seed": 3},
    parity={"slice, network": (2e-7, 1e-5)},
    parity_batch=64,
)


def test_it_tells_all_that_is_known():
    text = CARD.text()
    for line in (
        "# mine",
        'load_model(net, "weights.safetensors")',
        "Its input is `[B, 3, 8, 8]`. `model.onnx` is the same network for ONNX Runtime.",
        "| test/accuracy | 0.9100 |",
        "| test/accuracy | 0.5000 | 0.9100 |",
        "| parameters | 1,234,567 |",
        "| peak memory of activations | 3.00 MiB |",
        "| latency at batch size 4, cpu, 1 thread(s) | "
        "1.500 ms (median of 30; deciles 1.250 to 2.000) |",
        "| width | 16 |",
        "| algorithm | DrNAS |",
        "| slice, network | 2.0e-07 | 1e-05 |",
    ):
        assert line in text.split("\n")
    assert "batch of 64 test inputs" in text


def test_a_program_is_loaded_otherwise_and_the_reason_is_told():
    text = replace(CARD, no_source="it counts", has_onnx=False).text()
    assert 'torch.export.load("model.pt2")' in text
    assert "(it counts)" in text
    assert "model.py" not in text
    assert "onnx" not in text


def test_without_running_statistics_there_is_nothing_about_them():
    assert "statistics" not in replace(CARD, recalibration={}).text()
