import numpy as np
import pytest
import torch

from tangle.data.sampler import Draw
from tangle.data.token_file import TokenFile
from tangle.data.token_windows import TokenArray, TokenWindows, count_windows

IDS = np.arange(60_000, 60_023, dtype=np.uint16)


@pytest.fixture(params=["memory", "file"])
def tokens(request, tmp_path):
    if request.param == "memory":
        return TokenArray(IDS)
    return TokenFile.write(tmp_path / "a.tokens", [IDS], vocabulary="gpt2", source="")


def test_targets_are_the_tokens_that_follow_the_inputs(tokens):
    inputs, targets = TokenWindows(tokens, 4)[Draw([2, 0], 0)]
    expected = [[60_010, 60_011, 60_012, 60_013], [60_000, 60_001, 60_002, 60_003]]
    assert inputs.tolist() == expected
    assert torch.equal(targets, inputs + 1)
    assert inputs.dtype == targets.dtype == torch.int64


def test_no_token_is_in_two_windows_and_less_than_a_window_is_left_out(tokens):
    windows = TokenWindows(tokens, 4)
    assert len(windows) == count_windows(tokens, 4) == 4
    inputs, targets = windows[Draw(list(range(4)), 0)]
    seen = [
        {*row.tolist(), *following.tolist()} for row, following in zip(inputs, targets, strict=True)
    ]
    assert sum(map(len, seen)) == len(set.union(*seen)) == 20


def test_a_part_numbers_its_own_windows(tokens):
    part = TokenWindows(tokens, 4, torch.tensor([1, 3]))
    assert len(part) == 2
    assert part[Draw([1], 0)][0][0, 0] == 60_015
