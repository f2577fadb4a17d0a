"""Everything written for a scenario, merged, each part with its place."""
