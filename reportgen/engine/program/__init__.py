"""A book as a flat list of array operations, which many samples run through."""
