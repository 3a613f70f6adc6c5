"""Pictures: plain dicts for plotly.js, made from results that `functions` has computed."""
