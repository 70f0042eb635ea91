"""Neural architecture search with weight entanglement, on PyTorch Lightning."""

__version__ = "0.1.0"
