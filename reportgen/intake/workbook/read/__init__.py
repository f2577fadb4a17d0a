"""What stands in an edited workbook, read without trusting it."""
