"""Library and scenario merged into a book: every quantity checked, typed and in order of computation."""
