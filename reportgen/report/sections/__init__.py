"""The parts of a report: tables and sentences, each from results to frozen data."""
