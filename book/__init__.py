"""The build of the book: environment, execution, editions, notebooks, command line.

`python -m book <command>` is the front door (the Makefile calls it); it runs on the bare
Python of the machine, sets up `.venv` and hands over to `book.cli` inside it.
"""
