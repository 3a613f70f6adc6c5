"""The commands that work on tables, runs and models: those of the pages, with or without a server that runs."""
