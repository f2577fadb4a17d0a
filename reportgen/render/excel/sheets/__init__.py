"""Step 2 of a workbook: put tables and pages on sheets."""
