"""Layouts of charts: place bars, lines and texts before drawing, so that texts do not overlap."""
