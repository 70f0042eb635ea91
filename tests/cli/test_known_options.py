"""Options of parsers and of the usual classes are known."""

import argparse

from tangle.cli.known_options import known_options


def test_options_of_parsers_and_classes_are_known():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mine")
    known = known_options([parser])
    assert {"--mine", "--model.algorithm", "--model.architecture", "--data.batch_size"} <= set(
        known
    )
