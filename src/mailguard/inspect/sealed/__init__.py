"""Containers that seal a mail or a file: S/MIME and OpenPGP."""
