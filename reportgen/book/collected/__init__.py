"""What was written: everything that concerns a scenario, merged with its place."""
