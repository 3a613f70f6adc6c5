"""The file formats that a table may arrive in, one module each; `app.functions.tables.reading` joins them."""
