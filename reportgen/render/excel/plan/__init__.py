"""The first step: a book becomes tables of cells with formulas."""
