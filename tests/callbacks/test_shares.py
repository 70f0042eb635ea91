import pytest

from tangle.callbacks.shares import first_epoch, rising_shares
from tests.planted import make_trainer


def test_shares_rise():
    assert rising_shares("shares", (0.25, 0.5)) == [0.25, 0.5]
    assert rising_shares("shares", []) == []


@pytest.mark.parametrize("shares", [[0.0], [1.0], [0.5, 0.3], [0.5, 0.5]])
def test_shares_that_do_not_rise_are_refused(shares):
    with pytest.raises(ValueError, match=r"stages have the shares .* must rise within \(0, 1\)"):
        rising_shares("stages", shares)


def test_a_share_begins_with_an_epoch_that_is_not_the_first(tmp_path):
    ten = make_trainer(tmp_path, 10)
    assert [first_epoch(share, ten) for share in (0.01, 0.3, 0.5, 0.99)] == [1, 3, 5, 10]
