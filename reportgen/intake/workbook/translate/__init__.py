"""Formulas of Excel, read back into the language of scenarios."""
