"""Charts as SVG: their numbers and words come from the report, their look from Vega-Lite and ours."""
