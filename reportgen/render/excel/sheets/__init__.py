"""The second step: tables and pages are put on sheets."""
