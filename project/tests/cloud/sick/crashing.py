"""An image that ends while it starts."""

raise RuntimeError("This image crashes at its start.")
