"""Step 3 of a workbook: native charts over live cells, and the sheets that belong to them."""
