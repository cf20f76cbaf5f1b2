"""Progress of the execution: a bar a notebook on a terminal, plain lines in a log."""

import sys

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress


class Progress:
    """Shows notebook, cells and seconds; a context manager around the execution."""

    def __init__(self):
        self.console = Console(file=sys.stdout)
        self.bars = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("cells"),
            TimeElapsedColumn(),
            console=self.console,
            disable=not self.console.is_terminal,
        )
        self.tasks = {}

    def __enter__(self):
        self.bars.start()
        return self

    def __exit__(self, *_):
        self.bars.stop()

    def line(self, text: str):
        """Print a line where there is no bar."""
        if not self.console.is_terminal:
            print(text, flush=True)

    def start(self, name: str, num_cells: int):
        """A notebook begins to execute."""
        self.tasks[name] = self.bars.add_task(name, total=num_cells)
        self.line(f"executing {name}: {num_cells} cells")

    def cell(self, name: str):
        """One more cell of this notebook has begun."""
        self.bars.advance(self.tasks[name])

    def done(self, name: str, seconds: float):
        """A notebook has executed to its end."""
        self.bars.update(self.tasks[name], completed=self.bars.tasks[self.tasks[name]].total)
        self.bars.stop_task(self.tasks[name])
        self.line(f"executed {name} in {seconds:.1f} s")

    def failed(self, name: str):
        """A notebook has stopped at a cell."""
        self.bars.stop_task(self.tasks[name])
        self.line(f"stopped in {name}")
