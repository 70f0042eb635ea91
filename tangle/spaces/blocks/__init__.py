"""Blocks that search spaces share; none of them mentions an architecture."""
