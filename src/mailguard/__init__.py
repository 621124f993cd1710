"""mailguard: an SMTP relay that keeps a company's mail from going to the wrong person."""

__version__ = "0.1.0"
