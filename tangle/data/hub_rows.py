"""Encoded images in a table of the Hugging Face hub's format."""

from pathlib import Path
from typing import Any


class HubRows:
    """The encoded images in a column of a table, which worker processes share by its files.

    Args:
        rows: a `datasets.Dataset`.
        column: of images.
        table: what to call the table in an error.
    """

    def __init__(self, rows: Any, column: str, table: str) -> None:
        from datasets import Image

        self.column = column
        self.table = table
        # Bytes as they are stored: `datasets` would decode each image where it is read.
        self.rows = rows.select_columns([column]).cast_column(column, Image(decode=False))

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.rows)

    def name(self, index: int) -> str:
        """What to call an image in an error: its row, counted from 0."""
        return f"row {index} of {self.table}"

    def read(self, index: int) -> bytes:
        """The content of an image's file; nothing where the row has none."""
        image = self.rows[index][self.column] or {"bytes": b"", "path": None}
        if image["bytes"] is None:  # the table holds only where the file is
            return Path(image["path"]).read_bytes()
        return image["bytes"]
