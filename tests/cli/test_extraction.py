"""What an extracted folder says is true, and nothing is left of one that failed."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import yaml

from tangle.cli import extraction
from tangle.cli.extraction import extract
from tangle.cli.main import main
from tangle.cli.network_folder import read_network
from tangle.cli.run import Run
from tangle.core import load_architecture, read_architecture_file
from tangle.modules.batches import first_batch

CONFIG = str(Path(__file__).parents[1] / "planted.yaml")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("runs") / "search"
    main(["fit", "-c", CONFIG, "--run", str(folder), "--model.net.init_args.norm", "true"])
    return Run.load(folder)


def test_parity_is_of_a_real_batch_and_within_limits(run: Run, tmp_path: Path) -> None:
    card = extract(run, {"width": 1}, tmp_path / "net")
    parity = yaml.safe_load((tmp_path / "net" / "parity.yaml").read_text())
    assert list(parity["differences"]) == list(card.parity) == [
        "sliced supernet, extracted network", "extracted network, model.py with the weights",
    ]  # fmt: skip
    assert all(parity["differences"][pair] <= parity["limits"][pair] for pair in card.parity)
    assert parity["inputs"] == 16


def test_running_statistics_are_the_network_s_own(run: Run, tmp_path: Path) -> None:
    means = {}
    for batches in (0, 6):
        extract(run, {"width": 1}, tmp_path / str(batches), calibration_batches=batches)
        means[batches] = read_network(tmp_path / str(batches)).layers[1].running_mean  # type: ignore[attr-defined]
    torch.testing.assert_close(
        means[0], run.module.supernet.extract({"width": 1}).layers[1].running_mean
    )  # type: ignore[union-attr]
    data = run.data()
    inputs = torch.cat([x for x, _ in data.train_dataloader().iterables["weights"]])
    linear = run.module.supernet.extract({"width": 1}).layers[0]  # type: ignore[union-attr]
    torch.testing.assert_close(means[6], linear(inputs).mean(0).detach(), atol=1e-5, rtol=1e-4)


def test_metrics_and_costs_are_those_of_the_files(run: Run, tmp_path: Path) -> None:
    card = extract(run, {"width": 1}, tmp_path / "net")
    net, data = read_network(tmp_path / "net"), run.data()
    right = torch.cat([net(x).argmax(1) == y for x, y in data.test_dataloader()])
    assert card.metrics["test/accuracy"] == pytest.approx(float(right.float().mean()))
    assert card.recalibration["test/accuracy"][1] == card.metrics["test/accuracy"]
    assert card.parameters == 4 * 8 + 8 + 2 * 8 + 8 * 4 + 4
    assert card.macs == 4 * 8 + 8 * 4
    assert [latency.batch_size for latency in card.latencies] == [1, 16]
    main(["test", "--run", str(tmp_path / "net")])
    judged = yaml.safe_load((tmp_path / "net" / "test.yaml").read_text())
    assert judged["test/accuracy"] == pytest.approx(card.metrics["test/accuracy"])


def test_the_architecture_file_tells_where_it_is_from(run: Run, tmp_path: Path) -> None:
    found = load_architecture(run.folder.path / "architecture.yaml", run.module.supernet.space)  # type: ignore[union-attr]
    extract(run, found, tmp_path / "net")
    path = tmp_path / "net" / "architecture.yaml"
    assert load_architecture(path, run.module.supernet.space) == found  # type: ignore[union-attr]
    provenance = read_architecture_file(path)["provenance"]
    assert provenance["algorithm"] == "DrNAS"
    assert provenance["weights"] == "inherited from the supernet"
    other = {"width": 1 - found["width"]}
    extract(run, other, tmp_path / "other")
    content = read_architecture_file(tmp_path / "other" / "architecture.yaml")
    assert "algorithm" not in content["provenance"]  # which did not find this one


@pytest.mark.parametrize("before", [True, False])
def test_an_interrupted_extraction_leaves_what_was(
    before: bool, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if before:
        extract(run, {"width": 0}, tmp_path / "net")

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(extraction, "_write_rest", interrupt)
    with pytest.raises(KeyboardInterrupt):
        extract(run, {"width": 1}, tmp_path / "net")
    assert [path.name for path in tmp_path.iterdir()] == (["net"] if before else [])
    if before:
        values = read_architecture_file(tmp_path / "net" / "architecture.yaml")["architecture"]
        assert values == {"width": 1}


def test_outputs_that_differ_are_refused(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extraction, "read_network", lambda folder: lambda x: torch.zeros(len(x), 4))
    with pytest.raises(ValueError, match=r"model\.py with the weights: outputs on 16 test inputs"):
        extract(run, {"width": 1}, tmp_path / "net")
    assert not (tmp_path / "net").exists()


def test_the_example_is_a_batch_of_the_test_set(run: Run) -> None:
    data = run.data()
    pair = first_batch(data, "test")
    assert pair is not None
    torch.testing.assert_close(extraction._inputs(data), pair[0])
