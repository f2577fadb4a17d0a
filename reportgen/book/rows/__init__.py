"""Rows derived from the scenario: options, candidates, sensitivity cases, batch sizes, dates."""
