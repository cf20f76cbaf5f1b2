"""The book as PDF, printed from its pages."""
