"""TinyStories: short stories in the words of small children."""

from pathlib import Path

from tangle.data.bilevel import BilevelDataModule
from tangle.data.corpus import Corpus, FileCorpus
from tangle.data.hub import HubSet
from tangle.data.hub_corpus import HubCorpus
from tangle.data.sources import Sources
from tangle.data.text_sources import text_sources
from tangle.data.token_cache import token_file
from tangle.data.token_file import TokenFile
from tangle.data.tokenizer import END_OF_TEXT, Tokenizer, Vocabulary

_HUB = "roneneldan/TinyStories"
_FILES = [
    ("TinyStories-train.txt", "TinyStories-valid.txt"),
    ("TinyStories-sample-train.txt", "TinyStories-sample-valid.txt"),
]


class TinyStories(BilevelDataModule):
    """Stories that GPT-3.5 and GPT-4 wrote with few words (Eldan & Li, 2023), the data of Table 8.

    Its training stories, of which a part validates, and its validation stories, which are the test
    set here. They are tokenized once, each story followed by one token for its end, and cut into
    windows like those of `TextFiles`.

    Args:
        root: folder with `TinyStories-train.txt` and `TinyStories-valid.txt` (1.9 GB), or with
            `TinyStories-sample-train.txt` and `TinyStories-sample-valid.txt`; stories are followed
            by a line <|endoftext|>.
        download: fetches roneneldan/TinyStories (1 GB) from the Hugging Face hub into its own cache
            (`HF_HOME`), once; instead of `root`.
        tokens: `gpt2` for GPT-2's 50,257 tokens, or `bytes` for UTF-8 bytes, with byte 0 for the
            end of a story.
        block_size: length of an input, tokens.
        token_folder: where token files are kept; none for `tangle/tokens` in the user's cache
            folder.
        batch_size: see `BilevelDataModule`, like all that follow.
        arch_fraction: share of the training windows that train the architecture.
        val_fraction: share of the training windows kept for validation.
        seed: of split and order.
        num_workers: processes that make batches; 0 is fast.
        drop_last: makes every weight batch exactly `batch_size`.
    """

    def __init__(
        self,
        root: str | Path | None = None,
        download: bool = False,
        *,
        tokens: Vocabulary = "gpt2",
        block_size: int = 224,
        token_folder: str | Path | None = None,
        batch_size: int = 12,
        arch_fraction: float = 0.5,
        val_fraction: float = 0.05,
        seed: int = 0,
        num_workers: int = 0,
        drop_last: bool = False,
    ) -> None:
        super().__init__(
            batch_size=batch_size,
            arch_fraction=arch_fraction,
            val_fraction=val_fraction,
            seed=seed,
            num_workers=num_workers,
            drop_last=drop_last,
        )
        if block_size < 1:
            raise ValueError(f"block_size is {block_size}; it must be at least 1 token")
        if root is not None and download:
            raise ValueError(
                f"root is {root} and download is true; set one: a download goes into the cache of "
                "the Hugging Face hub"
            )
        self.root = None if root is None else Path(root).expanduser()
        self.download = download
        self.tokenizer = Tokenizer(tokens)
        self.block_size = block_size
        self.token_folder = None if token_folder is None else Path(token_folder).expanduser()

    @property
    def vocab_size(self) -> int:
        """Number of tokens in the vocabulary."""
        return self.tokenizer.vocab_size

    def prepare_data(self) -> None:
        """Downloads where asked to, and tokenizes; Lightning calls this once per machine."""
        self._tokens()

    def load(self) -> Sources:
        """The windows of the token files."""
        return text_sources(*self._tokens(), self.block_size)

    def _tokens(self) -> tuple[TokenFile, TokenFile]:
        train, test = self._corpora()
        return (
            token_file(train, self.tokenizer, self.token_folder),
            token_file(test, self.tokenizer, self.token_folder),
        )

    def _corpora(self) -> tuple[Corpus, Corpus]:
        if self.download:
            source = HubSet(
                _HUB,
                size="1 GB",
                remedy="or set download to false and root to a folder with the text",
            )
            return HubCorpus(source, "train"), HubCorpus(source, "validation")
        if self.root is None:
            raise FileNotFoundError(f"TinyStories has no root. {_REMEDIES}")
        for names in _FILES:
            train, test = (self.root / name for name in names)
            if train.is_file() and test.is_file():
                return FileCorpus(train, separator=END_OF_TEXT), FileCorpus(
                    test, separator=END_OF_TEXT
                )
        pairs = ", nor ".join(" and ".join(names) for names in _FILES)
        raise FileNotFoundError(f"{self.root} does not hold {pairs}. {_REMEDIES}")


_REMEDIES = (
    f"Set root to a folder that holds {' and '.join(_FILES[0])} (1.9 GB, from the dataset "
    f"{_HUB} of the Hugging Face hub), set download to true on a machine with a network (1 GB), or "
    "use tangle.data.TextFiles, which without a path needs no download"
)
