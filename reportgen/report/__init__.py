"""The content of the report, the same for every output format: results become words and figures."""
