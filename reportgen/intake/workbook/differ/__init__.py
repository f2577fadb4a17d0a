"""What was changed: values, cells, rows."""
