"""Turn an evaluated book into files for people and programs: a workbook, a document, text."""
