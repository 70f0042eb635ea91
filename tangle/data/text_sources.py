"""Texts in tokens as what a data module trains, validates and tests on."""

from tangle.data.sources import Sources
from tangle.data.split import stretch_order
from tangle.data.token_windows import Tokens, TokenWindows, count_windows

_STRETCHES = 100  # into which a text is cut, whose parts then differ little from the whole


def text_sources(train: Tokens, test: Tokens, block_size: int) -> Sources:
    """A text to train on and one to test on, as windows of `block_size` + 1 tokens.

    The training text is divided in hundredths, so that what goes on from window to window stays in
    one part; only at the ends of those may a document be cut in two.

    Raises:
        ValueError: if a text is shorter than a window.
    """
    number = _whole("training", train, block_size)
    _whole("test", test, block_size)
    windows = TokenWindows(train, block_size)
    return Sources(
        train=windows,
        plain=windows,
        test=TokenWindows(test, block_size),
        stretch=_stretch(number),
    )


def divided_sources(tokens: Tokens, block_size: int, test_fraction: float) -> Sources:
    """One text, of which a share of the windows, in stretches all over it, is to be tested on.

    These are always the same, whatever the seed.

    Raises:
        ValueError: if the text is shorter than a window, or one part of it holds none.
    """
    number = _whole("whole", tokens, block_size)
    num_test = round(number * test_fraction)
    if not 0 < num_test < number:
        raise ValueError(
            f"test_fraction {test_fraction} of {number} windows leaves {num_test} to test on and "
            f"{number - num_test} to train on; change it, lower block_size ({block_size}), or add "
            "text"
        )
    order = stretch_order(number, _stretch(number), seed=0)
    train = TokenWindows(tokens, block_size, order[num_test:].sort().values)
    return Sources(
        train=train,
        plain=train,
        test=TokenWindows(tokens, block_size, order[:num_test].sort().values),
        stretch=_stretch(len(train)),
    )


def _whole(part: str, tokens: Tokens, block_size: int) -> int:
    number = count_windows(tokens, block_size)
    if number == 0:
        raise ValueError(
            f"block_size is {block_size}, so a window is {block_size + 1} tokens, but the {part} "
            f"text has {len(tokens.ids)}; lower block_size, or add text"
        )
    return number


def _stretch(number: int) -> int:
    return max(2, -(-number // _STRETCHES))
