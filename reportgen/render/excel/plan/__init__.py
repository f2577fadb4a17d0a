"""Step 1 of a workbook: a book becomes tables of cells with formulas."""
