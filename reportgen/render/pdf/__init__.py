"""A page as an archivable, accessible PDF."""
