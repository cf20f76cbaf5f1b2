"""The build of the book: environment, execution, editions, notebooks, command line.

`python -m builder <command>` is the front door (the Makefile calls it); it runs on the bare
Python of the machine, sets up `.venv` and hands over to `builder.cli` inside it.
"""
