"""Charts as SVG: numbers and words from the report, drawn by Vega-Lite with our styles and layouts."""
