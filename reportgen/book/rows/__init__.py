"""What follows from it: options, candidates, trials, batch sizes, dates."""
