"""The site on the reader's or the author's own machine: cells that run, pages that reload."""
