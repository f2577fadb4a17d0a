"""The content of figures: the numbers and words of each chart, for every output format."""
