"""Everything that is known: the library, catalogues, users' libraries laid over them, and which files take part."""
