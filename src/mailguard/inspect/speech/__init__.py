"""What a text says: whose words, whom it addresses."""
