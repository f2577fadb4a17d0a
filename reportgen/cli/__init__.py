"""The command line: read arguments, call the verbs, and turn errors into messages and exit codes."""

from reportgen.cli.app import app, main

__all__ = ["app", "main"]
