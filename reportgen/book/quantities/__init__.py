"""From declarations to checked quantities: named, typed, filled, put in order."""
