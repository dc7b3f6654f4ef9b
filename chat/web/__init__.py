"""The web client: native ES modules and custom elements, served as they stand."""
