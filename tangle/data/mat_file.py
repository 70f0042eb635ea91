"""Reading MATLAB's files, in which some sets keep their labels."""

from pathlib import Path
from typing import Any


def check_scipy(path: Path) -> None:
    """Raises an error that names `path` unless scipy is there to read it."""
    try:
        import scipy.io  # noqa: F401
    except ImportError as error:
        raise ValueError(
            f"reading {path} needs scipy: pip install tangle-nas[downstream]"
        ) from error


def read_mat(path: Path) -> dict[str, Any]:
    """The arrays of a file by name, without dimensions of size 1.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: scipy is not installed, or the file is damaged.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: put it there, or fetch the data set again")
    check_scipy(path)
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        return loadmat(path, squeeze_me=True)
    except (MatReadError, ValueError, TypeError, NotImplementedError, OSError) as error:
        raise ValueError(
            f"{path} cannot be read: {error}. Delete it and download it again"
        ) from error
