"""The third step: native charts over live cells, and the sheets that belong to them."""
