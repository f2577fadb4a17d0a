"""Read edited workbooks with care, compare them with the build, and turn the changes back into a scenario."""
