"""The last step: sheets become the bytes of a file."""
