"""Turns an evaluated book into what people open: a workbook, a document, text."""
