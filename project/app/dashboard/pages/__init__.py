"""The pages, one module each, with `layout` and `register_callbacks`."""
