"""The API for programs: `/api/v1`, its description, and `/mcp` for models of language. `routes` has the blueprint."""
