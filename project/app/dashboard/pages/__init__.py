"""The pages, one module each: a `layout` made from the URL, and `register_callbacks`."""
