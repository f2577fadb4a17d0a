"""Draw the layer: nodes in rows and the lines between them."""
