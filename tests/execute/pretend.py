"""A machine's accelerator, pretended: what torch reports of it, while the CPU computes.

`python pretend.py MACHINE FILE …` runs a program as on that machine, and `-c CODE` or `-m MODULE` in place of the file
as Python itself; programs that it starts by `sys.executable` are run so, too. Each tensor that is made on the
accelerator or moved there is remembered by its storage, and so is what is computed from it. So a tensor says where it
is, the memory is counted, and what a real device refuses is refused: inputs on two devices, NumPy, float64 on an Apple
GPU, more memory than there is. Not pretended: speed, asynchronous work, and the numbers of large tensors, which are
zeros: only their shapes count.
"""

import importlib.util
import os
import runpy
import sys
import tempfile
import time
import timeit
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import torch
from torch import distributed, profiler
from torch.multiprocessing.reductions import StorageWeakRef
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map_only

GIB = 2**30
CPU = torch.device("cpu")
LARGE, LONG = 2**22, 2**31  # numbers of a tensor, FLOPs of a product: what has more is not computed
HINT = "\nCUDA kernel errors might be asynchronously reported at some other API call.\n"
BUSY = f"CUDA error: CUDA-capable device(s) is/are busy or unavailable{HINT}"
NO_KERNEL = f"CUDA error: no kernel image is available for execution on the device{HINT}"


@dataclass(frozen=True)
class Machine:
    """What torch reports of a machine's accelerators.

    Args:
        kind: their device type, "cuda", "mps" or "xpu".
        name: what CUDA calls a card.
        capability: its compute capability.
        memory: the bytes of a card, and `taken` those that another process holds.
        multiprocessors, count: of a card, and of cards.
        refuses: the message of any work on the device, where there is one.
        refusing: the numbers of the cards that refuse; all of them when empty.
    """

    kind: str = "cuda"
    name: str = ""
    capability: tuple[int, int] = (7, 5)
    memory: float = 16 * GIB
    taken: float = 0
    multiprocessors: int = 40
    count: int = 1
    refuses: str = ""
    refusing: tuple[int, ...] = ()

    def refuses_work(self, number: int) -> bool:
        """Whether the card of this number refuses any work."""
        return bool(self.refuses) and (not self.refusing or number in self.refusing)


MACHINES = {
    # float16 for want of bfloat16 units, and another process that has most of the memory
    "a T4 with 3 GiB left": Machine(name="Tesla T4", memory=14.6 * GIB, taken=11.6 * GIB),
    "two H100": Machine("cuda", "NVIDIA H100 80GB HBM3", (9, 0), 79.2 * GIB, multiprocessors=132, count=2),
    "an Apple GPU of 8 GB": Machine(kind="mps", memory=5.3 * GIB),
    "an Intel GPU": Machine(kind="xpu", memory=16 * GIB),
    "an exclusive card": Machine(name="Tesla V100-SXM2-16GB", capability=(7, 0), refuses=BUSY),
    "too new a card": Machine(name="NVIDIA of tomorrow", capability=(15, 0), refuses=NO_KERNEL),
    "a full card": Machine(name="NVIDIA A10G", memory=22 * GIB, taken=22 * GIB),
    "two cards, one busy": Machine(name="NVIDIA RTX 4090", capability=(8, 9), count=2, refuses=BUSY, refusing=(1,)),
}

REAL = {name: getattr(torch.Tensor, name) for name in ("untyped_storage", "to", "copy_", "clone", "detach")}


def storage_of(tensor: torch.Tensor) -> torch.UntypedStorage:
    with torch._C.DisableTorchFunction():
        return REAL["untyped_storage"](tensor)


def is_held(tensor: torch.Tensor) -> bool:
    """Whether a tensor has memory of its own on the CPU, where all pretended ones are (not on meta)."""
    with torch._C.DisableTorchFunction():
        return tensor.device.type == "cpu" and tensor.layout == torch.strided


class Places:
    """Which storages lie on which device, and what memory the accelerator's take."""

    def __init__(self, machine: Machine):
        self.machine, self.known, self.pinned = machine, {}, {}
        self.reserved = self.peak = self.count = 0
        self.fraction, self.complains, self.recording = 1.0, False, None

    def of(self, tensor: torch.Tensor) -> torch.device | None:
        """The device that a tensor was put on; None for one that nobody has put anywhere."""
        if not is_held(tensor):
            return None
        held = self.known.get(storage_of(tensor)._cdata)
        return None if held is None or held[0].expired() else held[1]

    def put(self, tensor: torch.Tensor, device: torch.device) -> None:
        """Notes where the storage of a tensor lies; raises what that device would raise."""
        if not is_held(tensor):
            return
        storage = storage_of(tensor)
        if device.type != "cpu":
            self.check(tensor, device.index or 0)
        self.known[storage._cdata] = StorageWeakRef(storage), device, storage.nbytes()
        self.count += 1
        if self.count % 256 == 0 or storage.nbytes() > 2**20 or self.machine.taken == self.machine.memory:
            used = self.allocated()
            self.peak = max(self.peak, used)
            self.reserved = max(self.reserved, used)
            if used > min(self.machine.memory * self.fraction, self.machine.memory - self.machine.taken):
                del self.known[storage._cdata]
                total = f"GPU 0 has a total capacity of {self.machine.memory / GIB:.2f} GiB"
                asked = f"Tried to allocate {storage.nbytes() / 2**20:.2f} MiB"
                raise torch.OutOfMemoryError(f"CUDA out of memory. {asked}. {total}.")

    def check(self, tensor: torch.Tensor, number: int) -> None:
        """Raises what the device says of any work, and of a type that it has not."""
        if self.machine.refuses_work(number):
            raise RuntimeError(self.machine.refuses)
        if self.machine.kind == "mps" and tensor.dtype == torch.float64:
            raise TypeError(
                "Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't support float64."
            )

    def allocated(self) -> int:
        """The bytes of what lies on the accelerator."""
        self.known = {key: held for key, held in self.known.items() if not held[0].expired()}
        return sum(num_bytes for _, device, num_bytes in self.known.values() if device.type != "cpu")


class Calls(TorchFunctionMode):
    """Python's calls of torch: devices that are named become the CPU, and what comes out is put where they say."""

    def __init__(self, places: Places):
        super().__init__()
        self.places, self.kind = places, places.machine.kind

    def there(self, device) -> torch.device | None:
        """The accelerator that an argument names, with its number, or None."""
        if isinstance(device, (str, torch.device)):
            try:
                device = torch.device(device)
            except RuntimeError:
                return None
            if device.type == self.kind:
                return torch.device(self.kind, device.index or 0)
        return None

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs, name = dict(kwargs or {}), getattr(function, "__name__", "")
        if function is torch.device:
            return function(*args, **kwargs)
        if name == "__get__":
            return self.attribute(function.__self__, args[0], function)
        method = getattr(self, f"call_{name}", None)
        if method and args and isinstance(args[0], torch.Tensor):
            return method(function, *args, **kwargs)
        if kwargs.pop("pin_memory", False):
            return self.call_pin_memory(None, self.__torch_function__(function, types, args, kwargs))
        target = self.there(kwargs.get("device"))
        if target:
            kwargs["device"] = CPU
        out = self.made(function, args, kwargs, target)
        tensors_in = [a for a in tree_leaves((args, kwargs)) if isinstance(a, torch.Tensor)]
        named = kwargs.get("device") is not None and torch.device(kwargs["device"]).type == "cpu"
        if target or named or not tensors_in:
            for tensor in tree_leaves(out):
                new = isinstance(tensor, torch.Tensor) and not any(tensor is one for one in tensors_in)
                if new and (target or named or self.places.of(tensor) is None):
                    self.places.put(tensor, target or CPU)
        return out

    @staticmethod
    def made(function, args, kwargs, target):
        """What a function returns; of a large tensor that is made on the accelerator, the shape."""
        if target and function in (torch.randn, torch.ones, torch.zeros):
            shape = function(*args, **kwargs | {"device": "meta"})
            if shape.numel() > LARGE:
                return torch.zeros_like(shape, device="cpu").requires_grad_(shape.requires_grad)
        return function(*args, **kwargs)

    def attribute(self, which, tensor, get):
        """An attribute of a tensor: those that say where it is are ours."""
        place = self.places.of(tensor)
        if place is not None and place.type != "cpu":
            answers = {torch.Tensor.device: place, torch.Tensor.is_cpu: False}
            for kind in ("cuda", "mps", "xpu"):
                answers[getattr(torch.Tensor, f"is_{kind}")] = place.type == kind
            if which in answers:
                return answers[which]
        return get(tensor)

    def call_to(self, function, tensor, *args, **kwargs):
        named = [a for a in (*args, kwargs.get("device")) if isinstance(a, (str, torch.device))]
        others = [a for a in args if isinstance(a, torch.Tensor)]
        target = self.there(named[0]) if named else self.places.of(others[0]) if others else None
        if named and torch.device(named[0]).type == "cpu":
            target = CPU
        if target is None or not is_held(tensor):
            if target and target.type != "cpu":
                raise NotImplementedError("Cannot copy out of meta tensor; no data!")
            return function(tensor, *args, **kwargs)
        args = [CPU if a in named and not isinstance(a, torch.dtype) else a for a in args]
        if "device" in kwargs:
            kwargs["device"] = CPU
        source = self.places.of(tensor) or CPU
        if source == target:
            return function(tensor, *args, **kwargs)
        out = function(tensor, *args, **kwargs | {"copy": True})
        return self.moved(out, source, target, kwargs.get("non_blocking", False))

    def moved(self, out, source, target, non_blocking=False):
        """A copy that has arrived, and whose gradient goes back to where the original is."""
        self.places.put(out, target)
        if target.type == "cpu" and non_blocking:
            self.call_pin_memory(None, out)
        if out.requires_grad:

            def back(grad):
                grad = grad.clone()
                self.places.put(grad, source)
                return grad

            out.register_hook(back)
        return out

    def call_cpu(self, function, tensor):
        return self.call_to(REAL["to"], tensor, "cpu")

    def call_cuda(self, function, tensor, device=None):
        return self.call_to(REAL["to"], tensor, f"cuda:{device or 0}")

    def call_get_device(self, function, tensor):
        place = self.places.of(tensor)
        return place.index if place is not None and place.type != "cpu" else -1

    def call_pin_memory(self, function, tensor):
        self.places.pinned[storage_of(tensor)._cdata] = StorageWeakRef(storage_of(tensor))
        return tensor

    def call_is_pinned(self, function, tensor):
        held = self.places.pinned.get(storage_of(tensor)._cdata)
        return held is not None and not held.expired()

    def call_numpy(self, function, tensor, **kwargs):
        place = self.places.of(tensor)
        if place is not None and place.type != "cpu":
            advice = "Use Tensor.cpu() to copy the tensor to host memory first."
            raise TypeError(f"can't convert {place} device type tensor to numpy. {advice}")
        return function(tensor, **kwargs)

    call___array__ = call_numpy


aten = torch.ops.aten
MIXES = {aten.copy_.default, aten._to_copy.default, aten.index.Tensor, aten.index_put.default, aten.index_put_.default}
MIXES |= {aten._index_put_impl_.default, aten._unsafe_index.Tensor, aten.set_.source_Tensor}
PRODUCTS = {aten.mm.default, aten.mm.out, aten.addmm.default, aten.bmm.default, aten.bmm.out}


class Operations(TorchDispatchMode):
    """torch's operations, those of autograd, too: results lie where the inputs do, and these must agree."""

    def __init__(self, places: Places):
        super().__init__()
        self.places = places

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        inputs = [a for a in tree_leaves((args, kwargs)) if isinstance(a, torch.Tensor)]
        given = [one for one in inputs if one is not kwargs.get("out")]  # DDP's own buckets have no place
        places = {place: one for one in given if one.dim() and (place := self.places.of(one)) is not None}
        scalars = {place for one in inputs if not one.dim() and (place := self.places.of(one)) is not None}
        there = next((place for place in (*places, *scalars) if place.type != "cpu"), None)
        if there is not None:
            if len(places) > 1 and function not in MIXES:
                found = " and ".join(sorted(map(str, places), reverse=True))
                what = "Expected all tensors to be on the same device, but found at least two devices"
                raise RuntimeError(f"{what}, {found}! ({function})")
            if self.places.complains and self.waits(function, args):
                raise RuntimeError("called a synchronizing CUDA operation")
        out = self.compute(function, args, kwargs, inputs)
        target = self.places.of(args[0]) if function in MIXES and isinstance(args[0], torch.Tensor) else there
        if target is not None and target.type != "cpu":
            for tensor in tree_leaves(out):
                if isinstance(tensor, torch.Tensor) and self.places.of(tensor) is None:
                    self.places.put(tensor, target)
        if self.places.recording is not None:
            self.places.recording.append((function, args, kwargs, out))
        return out

    @staticmethod
    def waits(function, args) -> bool:
        """Whether the host has to wait for the values of an operation."""
        if function == aten.index.Tensor:
            return any(one is not None and one.dtype == torch.bool for one in args[1])
        return function in (aten._local_scalar_dense.default, aten.nonzero.default)

    @staticmethod
    def is_large(function, inputs) -> bool:
        """Whether an operation would take long here; one that only looks at its input otherwise does not."""
        if any(one.device.type != "cpu" for one in inputs) or function.is_view:
            return False
        if function in PRODUCTS:
            return 2 * inputs[-2].numel() * inputs[-1].shape[-1] > LONG
        return max((one.numel() for one in inputs), default=0) > LARGE

    def compute(self, function, args, kwargs, inputs):
        """Calls an operation; where it is large, finds the shapes of its results, which are zeros, or true."""
        if not self.is_large(function, inputs):
            return function(*args, **kwargs)
        if function._schema.is_mutable:
            return kwargs.get("out", args[0])

        def shape_of(one):
            return torch.empty_strided(one.shape, one.stride(), dtype=one.dtype, device="meta")

        shapes = tree_map_only(torch.Tensor, shape_of, (args, kwargs))
        try:
            out = function(*shapes[0], **shapes[1])
        except (NotImplementedError, RuntimeError):  # its result depends on the values
            return function(*args, **kwargs)
        return tree_map_only(
            torch.Tensor,
            lambda one: (
                torch.full(one.shape, one.dtype == torch.bool, dtype=one.dtype)
                if one.dtype == torch.bool
                else torch.zeros(one.shape, dtype=one.dtype)
            ),
            out,
        )


class Event:
    """A mark in the queue; here, a time of the host's clock."""

    def __init__(self, enable_timing=False, **kwargs):
        self.time = None

    def record(self, stream=None):
        self.time = time.perf_counter()

    def synchronize(self):
        pass

    def elapsed_time(self, other) -> float:
        return 1000 * (other.time - self.time)


class Stream:
    """A queue; here, all work is done at once."""

    def wait_stream(self, other):
        pass

    def synchronize(self):
        pass

    def is_capturing(self) -> bool:
        return False


class Graph:
    """The operations that were called while it was recorded, to be called again into the same outputs."""

    def replay(self):
        with torch.no_grad():
            for function, args, kwargs, out in self.calls:
                again = function(*args, **kwargs)
                for old, new in zip(tree_leaves(out), tree_leaves(again), strict=True):
                    if isinstance(old, torch.Tensor) and storage_of(old)._cdata != storage_of(new)._cdata:
                        old.copy_(new)


def install(machine: Machine) -> Places:
    """From here on, torch in this process reports the machine."""
    places = Places(machine)
    accelerator = torch.accelerator
    accelerator.is_available = lambda: True
    accelerator.device_count = lambda: machine.count
    accelerator.current_accelerator = lambda check_available=False: torch.device(machine.kind)
    accelerator.current_device_index = lambda: 0
    accelerator.current_stream = lambda device=None: Stream()

    def synchronize(device=None):
        if machine.refuses_work(0):
            raise RuntimeError(machine.refuses)

    accelerator.synchronize = synchronize
    if machine.kind == "cuda":
        install_cuda(machine, places)
    if machine.kind == "mps":
        torch.backends.mps.is_available = lambda: True
        torch.mps.recommended_max_memory = lambda: int(machine.memory)
        torch.mps.synchronize = lambda: None
    autocast, scaler = torch.autocast, torch.amp.GradScaler
    for module in (torch, torch.amp):
        module.autocast = lambda device_type, *args, **kwargs: autocast("cpu", *args, **kwargs)
    torch.amp.GradScaler = lambda device="cuda", **kwargs: scaler("cpu", **kwargs)
    torch.compile = lambda function=None, **kwargs: function
    torch.Tensor.record_stream = lambda tensor, stream: None
    profile, activity = profiler.profile, profiler.ProfilerActivity
    profiler.profile = lambda activities=None, **kwargs: profile(activities=[activity.CPU], **kwargs)
    clock = time.perf_counter  # runs fast, so that nothing is repeated until it takes long
    time.perf_counter = timeit.default_timer = lambda: 100 * clock()
    distributed.is_nccl_available = lambda: machine.kind == "cuda"
    start_group = distributed.init_process_group
    distributed.init_process_group = lambda backend=None, *args, **kwargs: start_group("gloo", *args, **kwargs)
    find = importlib.util.find_spec
    importlib.util.find_spec = lambda name, *args: SimpleNamespace() if name == "triton" else find(name, *args)
    Calls(places).__enter__()
    Operations(places).__enter__()
    return places


def install_cuda(machine: Machine, places: Places) -> None:
    """What torch.cuda reports."""
    cuda = torch.cuda
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    count = machine.count if visible is None else min(machine.count, len(visible.split(",")) if visible else 0)
    cuda.is_available = cuda.is_initialized = lambda: count > 0
    cuda.device_count = lambda: count
    cuda.current_device = lambda: 0
    cuda.set_device = lambda device: None
    cuda.synchronize = lambda device=None: None
    cuda.get_device_name = lambda device=None: machine.name
    cuda.get_device_capability = lambda device=None: machine.capability
    major, minor = machine.capability
    facts = SimpleNamespace(name=machine.name, major=major, minor=minor, total_memory=int(machine.memory))
    facts.multi_processor_count = machine.multiprocessors
    cuda.get_device_properties = lambda device=None: facts
    cuda.is_bf16_supported = lambda including_emulation=True: including_emulation or machine.capability >= (8, 0)
    cuda.memory_allocated = lambda device=None: places.allocated()
    cuda.memory_reserved = lambda device=None: places.reserved
    cuda.max_memory_allocated = lambda device=None: max(places.peak, places.allocated())

    def mem_get_info(device=None):
        places.reserved = max(places.reserved, places.allocated())
        return int(machine.memory - machine.taken - places.reserved), int(machine.memory)

    def empty_cache():
        places.reserved = places.allocated()

    def reset_peak_memory_stats(device=None):
        places.peak = 0

    def set_per_process_memory_fraction(fraction, device=None):
        places.fraction = fraction

    def set_sync_debug_mode(mode):
        places.complains = mode == "error"

    for function in (mem_get_info, empty_cache, reset_peak_memory_stats):
        setattr(cuda, function.__name__, function)
    cuda.set_per_process_memory_fraction = set_per_process_memory_fraction
    cuda.set_sync_debug_mode = set_sync_debug_mode
    cuda.Event, cuda.Stream, cuda.CUDAGraph = Event, Stream, Graph
    cuda.current_stream = lambda device=None: Stream()

    @contextmanager
    def stream(stream):
        yield

    @contextmanager
    def graph(graph, **kwargs):
        places.recording = graph.calls = []
        try:
            yield
        finally:
            places.recording = None

    cuda.stream, cuda.graph = stream, graph


def main(name: str, arguments: list[str]) -> None:
    """Runs what Python would run for these arguments, on the machine of that name."""
    warnings.filterwarnings("ignore", message=".*CUDA is not available.*")
    install(MACHINES[name])
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder, "python")
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{__file__}" "{name}" "$@"\n')
        python.chmod(0o755)
        sys.executable = str(python)
        arguments = [one for one in arguments if one != "-u"]
        first, *rest = arguments
        sys.argv = [first, *rest[1:]] if first in ("-c", "-m") else arguments
        if first == "-c":
            exec(compile(rest[0], "<string>", "exec"), {"__name__": "__main__"})
        elif first == "-m":
            runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(first, run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
