"""What small programs say: their errors and warnings, each program in a process of its own.

Programs come as JSON on standard input, and what they said goes to standard output. All processes are forks of this
one, which has imported torch for them; they are not those of a pool, which may not have processes of their own.
"""

import contextlib
import io
import json
import logging
import multiprocessing
import os
import sys
import types
import warnings


def said(program: str) -> list[str]:
    """The message of the error that a program ends with, and those of its warnings, also in PyTorch's log."""
    main = sys.modules["__main__"] = types.ModuleType("__main__")  # where pickle looks for the program's classes
    messages = []
    made = logging.getLogRecordFactory()

    def noted(*args, **kwargs) -> logging.LogRecord:  # a handler would not see them all: PyTorch's loggers end there
        record = made(*args, **kwargs)
        if record.levelno >= logging.WARNING:
            messages.append(record.getMessage())
        return record

    logging.setLogRecordFactory(noted)
    with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("always")
        try:
            exec(compile(program, "program", "exec"), main.__dict__)
        except Exception as error:
            messages.append(str(error))
    return messages + [str(warning.message) for warning in caught]


def together(programs: list[str]) -> list[list[str]]:
    """What each of these programs says, all running at the same time."""
    context = multiprocessing.get_context("fork")
    pipes = [context.Pipe(duplex=False) for _program in programs]
    for program, (_receiver, sender) in zip(programs, pipes, strict=True):
        context.Process(target=lambda program, sender: sender.send(said(program)), args=(program, sender)).start()
        sender.close()  # so that a program which ends its process is an error here, not a wait without an end
    return [receiver.recv() for receiver, _sender in pipes]


if __name__ == "__main__":
    os.environ["CUDA_VISIBLE_DEVICES"] = ""  # what a machine without a GPU says is compared
    import torch._dynamo  # which the first optimizer of a program would import
    import torch.export  # noqa: F401

    programs = json.load(sys.stdin)
    parts = [programs[start : start + os.cpu_count()] for start in range(0, len(programs), os.cpu_count())]
    print(json.dumps([messages for part in parts for messages in together(part)]))
