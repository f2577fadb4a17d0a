"""Model configurations as published, read into rows of the catalogue."""
