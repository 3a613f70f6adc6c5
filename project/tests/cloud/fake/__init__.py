"""A Google Cloud on loopback for the real gcloud: Cloud Run, Artifact Registry, and the instances behind them."""
