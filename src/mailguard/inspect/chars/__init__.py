"""Characters: octets to text, and what is seen of a text."""
