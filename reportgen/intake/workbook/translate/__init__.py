"""Translate Excel formulas back into the formula language of scenarios."""
