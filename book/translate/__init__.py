"""The texts of the book in its other languages."""
