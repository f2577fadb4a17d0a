"""Locate the cells of the built workbook in the edited one."""
