"""`mailguard doctor`: what keeps mail from flowing, or soon will, and what to do. It looks, and changes nothing."""
