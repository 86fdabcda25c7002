"""The command line: one file per command."""

from lusscore.cli.main import main

__all__ = ["main"]
