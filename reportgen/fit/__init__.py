"""Predictions against measurements: reading them, predicting them, fitting the efficiency factors to them."""
