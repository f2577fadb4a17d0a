"""What figures show: the numbers and words of each chart, wherever it is drawn."""
