"""Figures: plain dicts for plotly.js, made from the results of `functions`."""
