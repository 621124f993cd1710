"""Mail of the past: archives and recorded mail read as the letters that the model of recipients learns from."""
