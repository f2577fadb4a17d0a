"""The formula language: units, tree, functions, reader and the back ends. Knows no YAML, workbook or model."""
