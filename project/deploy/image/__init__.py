"""What makes the production image small, run by Dockerfile.prod, and what looks that it stays so, run by bin/image."""
