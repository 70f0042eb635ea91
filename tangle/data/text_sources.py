"""Texts in tokens as what a data module trains, validates and tests on.

A text is cut into a hundred stretches, and each belongs to one part as a whole. How many there are
is a choice between two errors, weighed by trigrams of bytes that were fitted to the weight part and
judged by the validation part, a tenth (nats per byte, mean and standard deviation over 16 seeds):

| stretches | language reference, 3,613 windows | TinyStories, 15,503 windows |
|---|---|---|
| 100 | 1.914, 0.079 | 1.726, 0.009 |
| 300 | 1.837, 0.054 | 1.723, 0.007 |
| 1,000 | 1.833, 0.025 | 1.720, 0.006 |
| each window its own | 1.809, 0.023 | 1.714, 0.003 |

Shorter ones vary less, but flatter: what goes on in the validation part has begun in the training
part. Hence a hundred: validation means unseen passages. The spread is one of seeds, and so of no
concern where methods are compared by equal seeds, which give them equal parts; it is small where
documents are short. That the stretches of a part lie evenly over the text changes little (0.068
instead of 0.079).
"""

from tangle.data.sources import Sources
from tangle.data.split import stretch_order
from tangle.data.token_windows import Tokens, TokenWindows, count_windows

_STRETCHES = 100


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
