"""Each live kernel runs this as it starts: a traceback shows the lines of the page's cells, not those of libraries.

A reader looks for the line that they have written. IPython has no setting for it: a frame of a file is a part of the
traceback that begins with that word.
"""


def show_own_frames(shell) -> None:
    """Leave the frames of files out of what a shell shows of an error."""
    import re

    whole = shell.InteractiveTB.structured_traceback

    def structured_traceback(*arguments, **options):
        parts = whole(*arguments, **options)
        return [part for part in parts if not re.match(r"(\x1b\[[0-9;]*m)*File ", part)]

    shell.InteractiveTB.structured_traceback = structured_traceback


show_own_frames(get_ipython())  # noqa: F821 (IPython's)
del show_own_frames
