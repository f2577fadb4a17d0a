"""The command line: reads arguments, calls the verbs, and turns an error into a message and an exit code."""

from reportgen.cli.app import app, main

__all__ = ["app", "main"]
