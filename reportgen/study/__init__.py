"""Studies: many configurations of a scenario, and several scenarios beside each other."""
