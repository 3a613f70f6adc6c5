"""Dashboard: a table becomes a trained, judged and explained scikit-learn model in the browser."""

__version__ = "0.1.0"
