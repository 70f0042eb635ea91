import csv

import pytest

from tangle.benchmarks import ToyCellTable
from tangle.nn import Supernet
from tangle.spaces import ToyCell

SPACE = Supernet(ToyCell((2, 2, 2))).space
COLUMNS = [f"{kind}_{edge}" for kind in ("normal", "reduce")
           for edge in ("n1_from0", "n2_from0", "n2_from1")]  # fmt: skip


def write(path, *, leave_out=0):
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*COLUMNS, "test_acc", "train_acc", "latency_gpu_mean_us"])
        for number, arch in enumerate(SPACE.enumerate()):
            if number >= leave_out:
                values = SPACE.describe(arch)
                writer.writerow([*(values[name] for name in COLUMNS), number / 100, 99, 500])
    return path


def test_every_architecture_of_the_network_is_found_by_its_values(tmp_path):
    table = ToyCellTable(write(tmp_path / "t.csv"))
    assert set(table.space) == set(SPACE)
    for number, arch in enumerate(SPACE.enumerate()):
        found = table.query(table.space.parse(SPACE.describe(arch)))
        assert found["test_acc"] == number / 100
        assert found["rank"] == 4096 - number


def test_table_with_missing_architectures_is_refused(tmp_path):
    with pytest.raises(ValueError, match="lacks 3 of 4096 architectures"):
        ToyCellTable(write(tmp_path / "t.csv", leave_out=3))


@pytest.mark.data
def test_published_table_has_the_statistics_of_the_specification(data_root):
    """Spec 1.1."""
    table = ToyCellTable(data_root / "benchmarks" / "toy_cell.csv")
    accuracies = [table.query(arch)["test_acc"] for arch in table.space.enumerate()]
    assert min(accuracies) == 86.06
    assert sum(accuracies) / 4096 == pytest.approx(90.02, abs=0.005)
    best = max(table.space.enumerate(), key=lambda arch: table.query(arch)["test_acc"])
    assert table.query(best) | {"train_acc": 0, "latency_gpu_mean_us": 0} == {
        "test_acc": 91.63, "train_acc": 0, "latency_gpu_mean_us": 0, "rank": 1, "regret": 0,
        "failed": 0,
    }  # fmt: skip
    assert [value.replace("_conv_", "")[:4] for value in table.space.describe(best).values()] == [
        "sep3", "sep3", "dil3", "sep3", "dil3", "sep3",
    ]  # fmt: skip


@pytest.mark.data
def test_published_table_is_in_the_order_of_its_keys(data_root):
    from tangle.benchmarks.toy_cell_key import OPERATIONS

    with (data_root / "benchmarks" / "toy_cell.csv").open() as file:
        rows = list(csv.DictReader(file))
    for position, row in enumerate(rows):
        index = 0
        for column in COLUMNS:
            index = 4 * index + OPERATIONS.index(row[column])
        assert index == position
