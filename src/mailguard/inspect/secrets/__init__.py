"""Secrets in texts, and the passwords that a mail gives for its own files."""
