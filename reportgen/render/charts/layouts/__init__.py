"""What is placed in each chart before it is drawn: bars, lines, texts that keep apart."""
