import csv

import pytest

from tangle.benchmarks import ToyConvMacroTable
from tangle.nn import Supernet
from tangle.spaces import ToyConvMacro

SPACE = Supernet(ToyConvMacro(last_channels=1, hidden=(1,))).space


def test_every_architecture_of_the_network_is_found_by_its_values(tmp_path):
    names = [f"channels_{i}" for i in range(1, 5)] + [f"kernel_size_{i}" for i in range(1, 5)]
    path = tmp_path / "t.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["c1", "c2", "c3", "c4", "k1", "k2", "k3", "k4", "test_acc", "train_acc"])
        for number, arch in enumerate(SPACE.enumerate()):
            values = SPACE.describe(arch)
            writer.writerow([*(values[name] for name in names), 20 + number / 100, 0])
    table = ToyConvMacroTable(path)
    for number, arch in enumerate(SPACE.enumerate()):
        found = table.query(table.space.parse(SPACE.describe(arch)))
        assert found["test_acc"] == 20 + number / 100
        assert found["failed"] == (number < 3000)


@pytest.mark.data
def test_published_table_has_the_statistics_of_the_specification(data_root):
    """Spec 1.2: best, largest and smallest network, and 67 failed trainings."""
    table = ToyConvMacroTable(data_root / "benchmarks" / "toy_conv_macro.csv")
    best = table.space.parse(
        {"channels_1": 32, "channels_2": 64, "channels_3": 128, "channels_4": 128,
         "kernel_size_1": 3, "kernel_size_2": 7, "kernel_size_3": 5, "kernel_size_4": 7}
    )  # fmt: skip
    assert table.query(best)["test_acc"] == 84.41
    assert table.query(best)["rank"] == 1
    assert table.query(table.space.largest())["rank"] == 606
    failed = [arch for arch in table.space.enumerate() if table.query(arch)["failed"]]
    assert len(failed) == 67
    assert table.query(table.space.smallest())["failed"]
    assert table.query(table.space.smallest())["test_acc"] == 10.0
