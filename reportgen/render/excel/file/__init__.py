"""Step 4 of a workbook: write the sheets as the bytes of a file."""
