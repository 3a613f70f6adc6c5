"""Reports: every file beside this one is a report of its own, served when it is dropped here."""
