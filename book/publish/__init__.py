"""The rendered editions as one site, swapped in as a whole; and the branch of notebooks."""
