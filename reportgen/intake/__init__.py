"""Read files from outside, which other programs wrote and which may be hostile."""
