"""The pages' code on machines that this one is not: each branch of the device code runs, with what torch would report.

The accelerators are pretended (see `pretend`), so what a cell prints of speed and of numbers proves nothing here.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import jupytext
import pretend
import pytest

from conftest import ROOT

PAGE = ROOT / "chapter_computation" / "use-gpu.md"
BUSY_TWIN = "two cards, one busy"
WHOLE = ["a T4 with 3 GiB left", "two H100", "an Apple GPU of 8 GB"]
# Sizes on a GPU that take long where it is pretended, how often the page has them, and what is taken in their place.
LARGE = {
    "2**26 if roomy": (3, "2**21 if roomy"),
    "4096 if roomy": (3, "512 if roomy"),
    "13 if on_gpu": (1, "11 if on_gpu"),
}
RUN = """
import linecache

page = {}
for number, (code, raises) in enumerate(CELLS, 1):
    name = f"<cell {number}>"
    linecache.cache[name] = len(code), None, code.splitlines(True), name
    try:
        exec(compile(code, name, "exec"), page)
    except Exception as error:
        if not raises:
            raise
        print("raised", type(error).__name__)
    else:
        assert not raises, f"cell {number} did not raise"
print("reached the end")
"""


def run(machine: str, cells: list, folder: Path) -> str:
    """What the cells print on a machine; fails where one of them raises that should not, or does not and should."""
    path = folder / "page.py"
    path.write_text(f"CELLS = {cells!r}\n{RUN}", "utf8")
    result = subprocess.run(
        [sys.executable, pretend.__file__, machine, str(path)],
        cwd=folder,
        env=os.environ | {"MPLBACKEND": "Agg", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-4000:]
    assert result.stdout.endswith("reached the end\n")
    return result.stdout


@pytest.fixture(scope="module")
def cells() -> list[tuple[str, bool]]:
    """The code of the page's cells, and whether each is to raise; a pretended GPU computes on the CPU, so with less."""
    notebook = jupytext.read(PAGE, fmt="md:myst")
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    sources = [cell.source for cell in code]
    for large, (number, small) in LARGE.items():
        assert sum(source.count(large) for source in sources) == number, f"other sizes: mend LARGE ({large})"
        sources = [source.replace(large, small) for source in sources]
    raises = ["raises-exception" in cell.metadata.get("tags", []) for cell in code]
    return list(zip(sources, raises, strict=True))


@pytest.fixture(scope="module")
def solved() -> int:
    """How many exercises the page has."""
    return PAGE.read_text("utf8").count(":::{solution-start}")


@pytest.mark.parametrize("machine", WHOLE)
def test_the_page_runs_to_its_end(machine, cells, solved, tmp_path):
    out = run(machine, cells, tmp_path)
    assert f"device: {pretend.MACHINES[machine].kind}\n" in out
    assert "not used" not in out
    assert out.count("✓ ") >= solved
    assert "all on one device: True" in out
    if machine == "a T4 with 3 GiB left":
        assert "gpu float16" in out
        assert "gpu tf32" not in out
        assert "published 320" in out or "320 published" in out
    if machine == "two H100":
        assert "gpu tf32" in out
        assert re.search(r"^rank 1( +-?\d+\.\d{4}){5}$", out, re.M)
        assert "CUDA_VISIBLE_DEVICES='0': 1 GPUs" in out
        assert "CUDA_VISIBLE_DEVICES='': 0 GPUs" in out


def until(cells: list, words: str) -> list:
    """The cells up to the one that has these words."""
    return cells[: 1 + next(number for number, (code, _) in enumerate(cells) if words in code)]


def having(cells: list, *words: str) -> list:
    """The cells that have one of these words."""
    return [cell for cell in cells if any(one in cell[0] for one in words)]


@pytest.mark.parametrize("machine", sorted(set(pretend.MACHINES) - set(WHOLE) - {BUSY_TWIN}))
def test_the_page_finds_what_works(machine, cells, tmp_path):
    """An accelerator of a third kind is used; one that refuses to work is named, with its words, and the CPU serves."""
    out = run(machine, until(cells, "benchmark.Timer"), tmp_path)
    if machine == "an Intel GPU":
        assert "device: xpu\n" in out
    else:
        says = {
            "an exclusive card": "busy or unavailable",
            "too new a card": "no kernel image",
            "a full card": "memory",
        }
        assert "not used, cuda: CUDA " in out
        assert says[machine] in out
        assert "device: cpu\n" in out


SEVERAL = "two_gpus", "two_halves", "def meeting", "def torchrun"


def test_of_two_cards_one_that_refuses_is_left_alone(cells, tmp_path):
    """Processes then meet by gloo on the CPU, and the model of two parts does without it."""
    out = run(BUSY_TWIN, until(cells, "device_name =") + having(cells, *SEVERAL), tmp_path)
    assert "device: cuda\n" in out
    assert "not used, cuda:1: CUDA error: CUDA-capable device(s) is/are busy" in out
    assert re.search(r"^rank 1( +-?\d+\.\d{4}){5}$", out, re.M)


def test_where_there_is_no_libuv_processes_meet_in_a_file(cells, tmp_path):
    """As in PyTorch for Windows, whose branch is taken here."""
    refusal = """
import torch.distributed as dist
from torch._C import _distributed_c10d as c10d
class TCPStore(c10d.TCPStore):
    def __init__(self, *args, **kwargs):
        if kwargs.get("use_libuv", True):
            raise dist.DistStoreError("use_libuv was requested but PyTorch was built without libuv support")
        super().__init__(*args, **kwargs)
c10d.TCPStore = dist.TCPStore = TCPStore
import runpy, sys
runpy.run_module("torch.distributed.run", run_name="__main__", alter_sys=True)
"""
    (tmp_path / "without_libuv.py").write_text(refusal, "utf8")
    several = having(cells, *SEVERAL)
    for old, new in (("torch.distributed.run", "without_libuv"), ('os.name == "nt"', "True")):
        assert sum(code.count(old) for code, _ in several) == 1, old
        several = [(code.replace(old, new), raises) for code, raises in several]
    program = tmp_path / "page.py"
    program.write_text(f"CELLS = {until(cells, 'device_name =') + several!r}\n{RUN}", "utf8")
    result = subprocess.run([sys.executable, program], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr[-4000:]
    assert re.search(r"^rank 1( +-?\d+\.\d{4}){5}$", result.stdout, re.M)


def test_other_pages_take_what_works(tmp_path):
    programs = [("import torch", False)]
    for page in ("custom-layer", "parameters", "read-write"):
        notebook = jupytext.read(PAGE.with_name(f"{page}.md"), fmt="md:myst")
        programs += [(cell.source, False) for cell in notebook.cells if "def find_device" in cell.source]
        programs.append(("print(find_device())", False))
    says = f"not used, cuda: {pretend.BUSY.splitlines()[0]}\ncpu\n"
    assert run("an exclusive card", programs, tmp_path) == 3 * says + "reached the end\n"


def test_the_stand_in_refuses_what_a_device_refuses(tmp_path):
    """Else the tests above would prove nothing."""
    cells = [
        ("import torch\nX = torch.ones(2, device='cuda')\nprint(X.device, (X + 1).device, X.cpu().device)", False),
        ("X + torch.ones(2)", True),
        ("X.numpy()", True),
        ("torch.empty(2**40, device='meta').to('cuda')", True),
        ("Y = torch.empty(2**30, device='cuda')", True),
        ("W = torch.ones(2, requires_grad=True)\n(W.to('cuda') * X).sum().backward()\nprint(W.grad.device)", False),
    ]
    out = run("a T4 with 3 GiB left", cells, tmp_path)
    assert "cuda:0 cuda:0 cpu\n" in out
    assert out.endswith("cpu\nreached the end\n")
    assert out.count("raised RuntimeError") + out.count("raised TypeError") + out.count("raised Out") >= 3
