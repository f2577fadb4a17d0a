"""A book compiled to a flat list of array operations, to evaluate many samples."""
