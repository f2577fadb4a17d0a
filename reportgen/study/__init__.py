"""Studies: evaluate many configurations of a scenario to search, screen levers, sweep inputs and test robustness."""
