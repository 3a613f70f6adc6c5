"""Dashboard: a table becomes a trained, judged and explained scikit-learn model in the browser."""

# The newest heading of CHANGELOG.md says the same.
__version__ = "0.8.0"
