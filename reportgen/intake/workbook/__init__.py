"""Workbooks that people have edited: read with care, compared with the build, and brought back into a scenario."""
