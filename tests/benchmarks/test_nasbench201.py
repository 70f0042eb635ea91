import pytest

from tangle.benchmarks import NASBench201Table
from tangle.benchmarks.nasbench201 import nasbench201_space
from tangle.benchmarks.nasbench201_string import write_nasbench201_string
from tangle.nn import Supernet
from tangle.spaces import NASBench201

SPACE = nasbench201_space()
HEADER = "arch,cifar10_test,cifar100_test,imagenet16_120_test"


def write(path, *, header=HEADER, change=lambda lines: lines):
    lines = [
        f"{write_nasbench201_string(SPACE.describe(arch))},{n / 200},{n / 300},{n / 400}"
        for n, arch in enumerate(SPACE.enumerate())
    ]
    path.write_text("\n".join([header, *change(lines)]) + "\n")
    return path


def test_space_is_that_of_the_network():
    assert SPACE.hash == Supernet(NASBench201((2,), num_cells=1)).space.hash


def test_any_order_of_rows_is_read(tmp_path):
    table = NASBench201Table(write(tmp_path / "t.csv", change=lambda lines: lines[::-1]),
                             dataset="cifar100")  # fmt: skip
    for number, arch in enumerate(SPACE.enumerate()):
        if number % 1000 == 0:
            assert table.query(arch) == {
                "cifar10_test": number / 200, "cifar100_test": number / 300,
                "imagenet16_120_test": number / 400, "rank": 15_625 - number,
                "regret": round((15_624 - number) / 300, 6), "failed": 0,
            }  # fmt: skip


@pytest.mark.parametrize(
    ("header", "change", "problem"),
    [
        (HEADER.replace("100_test", "100"), lambda lines: lines, "no column cifar100_test"),
        (HEADER, lambda lines: lines[1:], "lacks 1 of 15625 architectures"),
        (HEADER, lambda lines: [*lines, lines[0]], "line 15627: .* is there twice"),
        (
            HEADER,
            lambda lines: [lines[0].replace("avg", "min"), *lines],
            "operation 'min_pool_3x3'",
        ),
    ],
)
def test_broken_tables_are_refused(header, change, problem, tmp_path):
    with pytest.raises(ValueError, match=problem):
        NASBench201Table(write(tmp_path / "t.csv", header=header, change=change))
