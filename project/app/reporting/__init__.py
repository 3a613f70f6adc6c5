"""Report files: how they are found, read, checked and built, and which version is served."""
