"""Measurements of what the product promises about time, bytes and memory; `project/bin/benchmark` runs them."""
