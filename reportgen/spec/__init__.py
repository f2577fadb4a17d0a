"""What may be written in YAML and CSV: reading with positions, the schema, and its export as JSON Schema."""
