"""Inkan: a container registry with trusted content built in."""

__version__ = "0.1.0"
__all__ = ["__version__"]
