"""Turn declarations into checked quantities: named, typed, filled, in order of computation."""
