"""The public API, `/api/v1`, one noun a file: shapes, handlers, rows of the one table that routes and the OpenAPI document share."""
