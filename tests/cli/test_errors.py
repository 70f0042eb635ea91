"""Which errors are the user's, and what is left of their text."""

import argparse
import errno

import pytest
from lightning.pytorch.utilities.exceptions import MisconfigurationException

from tangle.cli.errors import is_mistake_of_user, one_line


@pytest.mark.parametrize(
    ("error", "is_mistake"),
    [
        (ValueError(), True),
        (FileNotFoundError(), True),
        (FileExistsError(), True),
        (IsADirectoryError(), True),
        (PermissionError(), True),
        (ConnectionError(), True),
        (BrokenPipeError(), False),
        (LookupError(), True),
        (MisconfigurationException(), True),
        (ModuleNotFoundError("Requirement 'wandb' not met"), True),
        (ModuleNotFoundError("No module named 'gone'", name="gone"), False),
        (argparse.ArgumentError(None, ""), True),
        (KeyError(), False),
        (IndexError(), False),
        (TypeError(), False),
        (RuntimeError(), False),
        (OSError(), False),
    ],
)
def test_kinds_of_errors(error: Exception, is_mistake: bool) -> None:
    assert is_mistake_of_user(error) == is_mistake


def test_the_path_of_an_option_stays_and_the_types_that_were_tried_go() -> None:
    text = """Parser key "model":
  Does not validate against any of the Union subtypes
  Subtypes: [<class 'LightningModule'>, <class 'NoneType'>]
  Errors:
    - Problem with given class_path 'tangle.modules.SearchModule':
        Option 'wight_clip' is not accepted
    - Expected a <class 'NoneType'>
  Given value type: <class 'dict'>
  Given value: {'class_path': 'SearchModule'}"""
    expected = "model: tangle.modules.SearchModule: Option 'wight_clip' is not accepted"
    assert one_line(argparse.ArgumentError(None, text)) == expected


def test_a_plain_value_is_told() -> None:
    text = "Parser key \"trainer.max_epochs\":\n  Expected a <class 'int'>\n  Given value: abc"
    error = argparse.ArgumentError(None, text)
    assert one_line(error) == "trainer.max_epochs: expected int, given abc"


def test_a_constructors_error_is_found_inside() -> None:
    outer = ValueError("Does not validate against any of the Union subtypes\nErrors: ...")
    outer.__cause__ = ValueError("accumulate is 0")
    assert one_line(outer) == "accumulate is 0"


def test_a_place_that_the_system_refuses_is_named_with_a_remedy() -> None:
    error = NotADirectoryError(errno.ENOTDIR, "Not a directory", "runs/file")
    assert one_line(error).startswith("runs/file: Not a directory: choose a place")
    error = OSError(errno.ENOSPC, "No space left on device", "runs/new")
    assert one_line(error) == (
        "runs/new: No space left on device: make room, or choose another folder"
    )


def test_a_temporary_name_is_told_as_the_one_that_it_stands_for() -> None:
    for name in (".page.679fd605018c4827aa82b1d18c2fe2fc.html", ".page.html.5h7p_pxu"):
        error = FileNotFoundError(errno.ENOENT, "No such file or directory", f"/proc/{name}")
        assert one_line(error).startswith("/proc/page.html: No such file")


def test_a_search_without_an_algorithm_is_told_where_one_is() -> None:
    text = 'Parser key "model":\n  the following arguments are required: algorithm'
    told = one_line(argparse.ArgumentError(None, text))
    assert told.endswith(": add one, such as -c lightning_configs/algorithms/drnas.yaml")


def test_choices_are_told_as_such() -> None:
    text = "Parser key \"init\":\n  Expected a typing.Literal['torch', 'he']. Got value: hee"
    told = one_line(argparse.ArgumentError(None, text))
    assert told == "init: expected one of ['torch', 'he']. got hee"
