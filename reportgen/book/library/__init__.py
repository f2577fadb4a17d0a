"""What is known: the library, catalogues, folders laid over them, and which files take part."""
