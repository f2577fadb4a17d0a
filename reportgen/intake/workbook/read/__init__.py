"""Read the content of an edited workbook without trusting it."""
