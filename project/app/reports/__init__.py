"""Reports: every other file in this folder is a report, served as soon as it is here."""
