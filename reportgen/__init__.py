"""From one scenario file to a live Excel workbook and a PDF report on running large language models."""

__version__ = "0.1.0"
