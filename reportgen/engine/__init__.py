"""A book evaluated: arrays, and the frames that people read."""
