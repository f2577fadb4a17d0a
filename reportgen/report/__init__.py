"""What is said, whatever the paper: results become the words and figures that every output shows."""
