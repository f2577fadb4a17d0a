"""Predictions compared with measurements: reading measurements, predicting them, fitting the efficiency factors."""
