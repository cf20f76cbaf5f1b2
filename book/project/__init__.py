"""What the book consists of, where it is, and what it is built from."""
