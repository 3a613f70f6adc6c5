"""Makes the production image small (run by Dockerfile.prod), and checks that it stays small (run by bin/image)."""
