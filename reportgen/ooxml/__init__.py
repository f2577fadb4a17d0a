"""Office Open XML, the file format of workbooks: reading and writing packages, stored formulas, and a linter."""
