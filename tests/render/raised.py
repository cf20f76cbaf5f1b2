"""What small programs say: their errors and warnings, each program in a process of its own.

Programs come as JSON on standard input, and what they said goes to standard output. All processes are forks of this
one, which has imported torch for them.
"""

import contextlib
import io
import json
import multiprocessing
import os
import sys
import types
import warnings


def said(program: str) -> list[str]:
    """The message of the error that a program ends with, and those of its warnings."""
    main = sys.modules["__main__"] = types.ModuleType("__main__")  # where pickle looks for the program's classes
    messages = []
    with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("always")
        try:
            exec(compile(program, "program", "exec"), main.__dict__)
        except Exception as error:
            messages.append(str(error))
    return messages + [str(warning.message) for warning in caught]


if __name__ == "__main__":
    os.environ["CUDA_VISIBLE_DEVICES"] = ""  # what a machine without a GPU says is compared
    import torch  # noqa: F401

    programs = json.load(sys.stdin)
    with multiprocessing.get_context("fork").Pool(maxtasksperchild=1) as pool:
        print(json.dumps(pool.map(said, programs, chunksize=1)))
