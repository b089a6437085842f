"""The command `cameo`."""

from reconstruction_backend.cli.app import main

__all__ = ["main"]
