"""Turn a page into an archivable, accessible PDF."""
