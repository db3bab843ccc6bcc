"""The dashboard, from the board's documents to what is seen in a real browser."""
