"""A specification made whole: library and scenario merged, checked, and put into order."""
