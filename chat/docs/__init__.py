"""The published description of the wire: OpenAPI, AsyncAPI, and a page to read."""
