"""Office Open XML, the file format of workbooks: packages, formulas as stored, and what is wrong with them."""
