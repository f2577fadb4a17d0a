"""What only the library declares: the frame of scenarios, roles, figures, and the sheets of the workbook."""
