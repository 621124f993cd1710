"""Archives: one module for each kind, from octets to `Content`."""
