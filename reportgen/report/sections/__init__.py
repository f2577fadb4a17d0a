"""The parts of a report: tables and sentences, each a function from results to frozen data."""
