"""The file formats that a table may arrive in, one module each; `app.functions.reading` joins them."""
