"""Generated texts, which no test needs to download."""

import random

WORDS = ["a", "the", "cat", "dog", "sun", "house", "sees", "likes", "finds", "and", "naïve", "日本"]


def sentences(number: int, seed: int = 0) -> str:
    """A text of so many sentences, one in a line."""
    rng = random.Random(seed)
    lines = [" ".join(rng.choices(WORDS, k=rng.randint(4, 9))) + "." for _ in range(number)]
    return "\n".join(lines) + "\n"


def stories(number: int, seed: int = 0) -> str:
    """Texts of one to five sentences, each followed by the line that ends it."""
    rng = random.Random(seed)
    parts = [sentences(rng.randint(1, 5), seed=rng.randrange(10**6)) for _ in range(number)]
    return "".join(f"{part}<|endoftext|>\n" for part in parts)
