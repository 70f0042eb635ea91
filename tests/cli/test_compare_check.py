import pytest

from tangle.algorithms import SPOS
from tangle.cli.compare_check import check_named

FILES = ["space.yaml", "mine.yaml"]


class FirstStage(SPOS):
    """A user's own algorithm that draws slices."""


class Particular(SPOS):
    """One that refuses the spaces of others."""

    def __init__(self, space):
        raise ValueError("there has to be a choice of depth")


def config(name, **init_args):
    algorithm = {"class_path": name, "init_args": init_args} if name else "mine"
    return {"model": {"class_path": "mine.Module", "init_args": {"algorithm": algorithm}}}


@pytest.mark.parametrize("kind", ["SPOS", "Sandwich", "OFA", "FirstStage"])
def test_first_stages_are_refused_whosever_they_are(kind):
    home = __name__ if kind == "FirstStage" else "tangle.algorithms"
    with pytest.raises(ValueError, match=rf"mine.yaml: {kind} trains a .* add .*mine.yaml\+evolu"):
        check_named(FILES, config(f"{home}.{kind}"))


@pytest.mark.parametrize("kind", ["DARTS", "DrNAS", "GDAS", "SNAS", "GAEA"])
def test_algorithms_with_alphas_name_an_architecture(kind):
    check_named(FILES, config(f"tangle.algorithms.{kind}"))


def test_what_cannot_be_known_before_the_search_is_let_through():
    check_named(FILES, config(f"{__name__}.Particular"))
    check_named(FILES, config(None))
    check_named(FILES, {"model": {"class_path": "mine.Module"}})
