import numpy as np
import pytest

from tangle.data.text_sources import divided_sources, text_sources
from tangle.data.token_windows import TokenArray


def text(number):
    return TokenArray(np.zeros(number, np.uint16))


def test_a_text_is_divided_into_training_and_test_windows():
    sources = divided_sources(text(5_000), 4, 0.1)
    train, test = sources.train.windows, sources.test.windows
    assert sorted([*train, *test]) == list(range(1_000))
    assert len(test) == 100
    assert sources.plain is sources.train


def test_test_windows_are_stretches_all_over_the_text():
    windows = divided_sources(text(5_000), 4, 0.1).test.windows
    starts = [number for number in windows.tolist() if number - 1 not in windows]
    assert 5 <= len(starts) <= 10
    assert starts[0] < 300
    assert starts[-1] > 700


def test_a_stretch_is_a_hundredth_of_the_training_text():
    assert text_sources(text(5_000), text(50), 4).stretch == 10
    assert divided_sources(text(5_000), 4, 0.1).stretch == 9


def test_a_text_of_its_own_is_tested_on_in_whole():
    sources = text_sources(text(5_000), text(50), 4)
    assert len(sources.train) == 1_000
    assert len(sources.test) == 10


@pytest.mark.parametrize(("train", "test", "part"), [(4, 50, "training"), (50, 4, "test")])
def test_a_text_shorter_than_a_window_is_refused(train, test, part):
    message = f"block_size is 4, so a window is 5 tokens, but the {part} text has 4; lower"
    with pytest.raises(ValueError, match=message):
        text_sources(text(train), text(test), 4)


@pytest.mark.parametrize("fraction", [0.01, 0.99])
def test_a_part_without_a_window_is_refused(fraction):
    with pytest.raises(ValueError, match=rf"test_fraction {fraction} of 10 windows leaves \d+ to"):
        divided_sources(text(50), 4, fraction)
