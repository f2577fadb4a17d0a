"""Determine what was changed: values, cells, rows."""
