"""Lets `python -m reportgen` stand for the command `reportgen`."""

from reportgen.cli import main

if __name__ == "__main__":
    main()
