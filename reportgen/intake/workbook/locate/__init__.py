"""Where the cells of the built workbook stand in the edited one."""
