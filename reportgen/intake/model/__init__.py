"""Read published model configurations into rows of the catalogue."""
