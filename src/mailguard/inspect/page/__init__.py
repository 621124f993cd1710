"""HTML: what a page shows, what it hides, whom it cites."""
