"""Which errors are the user's, and what is left of their text."""

import argparse

import pytest
from lightning.pytorch.utilities.exceptions import MisconfigurationException

from tangle.cli.errors import is_mistake_of_user, one_line


@pytest.mark.parametrize(
    ("error", "is_mistake"),
    [
        (ValueError(), True),
        (FileNotFoundError(), True),
        (FileExistsError(), True),
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
    assert one_line(error) == "trainer.max_epochs: Expected a <class 'int'> Given value: abc"


def test_a_constructors_error_is_found_inside() -> None:
    outer = ValueError("Does not validate against any of the Union subtypes\nErrors: ...")
    outer.__cause__ = ValueError("accumulate is 0")
    assert one_line(outer) == "accumulate is 0"
