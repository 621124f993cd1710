"""Pictures: their size, and the words and places written into them."""
