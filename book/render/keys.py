"""Which pages of an edition are read and written anew: those that are made of something else than last time.

A page is read again when its text, its catalog, its outputs or a file that it includes has changed. It is written again
when it was read, when an image on it has changed, or when anything has that pages show of each other: titles, numbers,
labels, the order of the contents. When anything else has changed, all that is known of the edition is forgotten.

Sphinx itself compares times of files, and only those of the sources; its answer is not relied on.
"""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from book.project.inputs import checksum, digest

if TYPE_CHECKING:
    from book.render.edition import Job

WORDS = ["book", "figures", "sphinx", "exercise"]  # catalogs that are not of one page


class Keys:
    """The checksums of what each page was last read and written from, in `_build/work/<edition>/keys.json`.

    The file is taken away while Sphinx works, so that after a kill the edition is made anew. After a failure, only the
    pages that Sphinx was busy with have no keys.
    """

    def __init__(self, job: "Job", common: str, read: dict[str, str], written: dict[str, str]):
        self.job, self.common, self.read, self.written = job, common, read, written
        self.touched: set[str] = set()
        self.outside: dict[str, str] = {}  # what pages are made of besides the sources of the book, by its checksum
        self.done = False

    @classmethod
    def take(cls, job: "Job") -> "Keys":
        """The keys of the last build, or none when something has changed that belongs to no page."""
        path, common = job.work / "keys.json", cls.of_all(job)
        try:
            known = json.loads(path.read_text("utf8"))
            path.unlink()
        except (OSError, ValueError):
            known = {}
        if known.get("common") == common:
            return cls(job, common, known["read"], known["written"])
        shutil.rmtree(job.work, ignore_errors=True)
        return cls(job, common, {}, {})

    @staticmethod
    def of_all(job: "Job") -> str:
        """The checksum of what every page of the edition is made of."""
        catalogs = job.inputs.of(f"locale/{job.edition.code}/LC_MESSAGES/{name}.po" for name in WORDS)
        return digest(job.inputs.of_everything_else(set(job.folders)), catalogs, job.settings, repr(job.edition))

    def save(self) -> None:
        """Write the keys; without those of pages that were being made when something went wrong."""
        spoilt = set() if self.done else self.touched
        known = {"common": self.common, "read": without(self.read, spoilt), "written": without(self.written, spoilt)}
        known["outside"] = self.outside
        self.job.work.mkdir(parents=True, exist_ok=True)
        partial = self.job.work / "keys.partial"
        partial.write_text(json.dumps(known), "utf8")
        partial.replace(self.job.work / "keys.json")

    def outdated(self, env: BuildEnvironment) -> list[str]:
        """The pages that are made of something else than when they were read."""
        return [name for name in env.found_docs if self.read.get(name) != self.of_reading(env, name)]

    def of_reading(self, env: BuildEnvironment, docname: str) -> str:
        """The checksum of what a page is read from."""
        catalog = f"locale/{self.job.edition.code}/LC_MESSAGES/{docname}.po"
        outputs = self.job.outputs / f"{docname}.json"
        made_of = self.job.inputs.of([catalog, *texts_of(env, docname)])
        return digest(made_of, checksum(outputs) if outputs.exists() else "")

    def to_write(self, env: BuildEnvironment) -> list[str]:
        """The pages that are to be written, in a stable order; their keys are then those of now."""
        shared, images = shown_of_each_other(env), images_of(env)
        found = []
        for docname in sorted(env.found_docs):
            self.read[docname] = self.of_reading(env, docname)
            key = digest(self.read[docname], shared, self.job.inputs.of(images.get(docname, [])))
            if self.written.get(docname) != key:
                found.append(docname)
                self.written[docname] = key
            for name in {*texts_of(env, docname), *images.get(docname, [])} - self.job.inputs.files.keys():
                if not name.startswith("_build/"):
                    self.outside[name] = self.job.inputs.outside(name)
        self.touched.update(found)
        return found

    def distrust(self, env: BuildEnvironment) -> None:
        """Let no page have a key of files that were written while Sphinx worked: it may have read either content."""
        if touched := self.job.inputs.touched():
            self.job = replace(self.job, inputs=self.job.inputs.without(touched))
            self.common = self.of_all(self.job)
            self.to_write(env)


def connect(app: Sphinx) -> None:
    """Let the keys in `app.book_keys` decide what an application reads; the builder of pages asks what it writes."""
    app.connect("env-get-outdated", lambda app, env, added, changed, removed: app.book_keys.outdated(env))
    app.connect("env-before-read-docs", lambda app, env, docnames: app.book_keys.touched.update(docnames))


def without(keys: dict[str, str], names: set[str]) -> dict[str, str]:
    """The keys but those of these pages."""
    return {name: key for name, key in keys.items() if name not in names}


def texts_of(env: BuildEnvironment, docname: str) -> list[str]:
    """The files whose text a page has: its own, and those that it includes."""
    return [Path(name).as_posix() for name in (env.doc2path(docname, base=False), *env.dependencies.get(docname, ()))]


def images_of(env: BuildEnvironment) -> dict[str, list[str]]:
    """The files that each page shows or offers, beside what it includes."""
    found: dict[str, list[str]] = {}
    for files in (env.images, env.dlfiles):
        for path, (docnames, _name) in files.items():
            for docname in docnames:
                found.setdefault(docname, []).append(Path(path).as_posix())
    return found


def shown_of_each_other(env: BuildEnvironment) -> str:
    """The checksum of what a page may show of other pages."""
    facts = {
        "domains": env.domaindata,
        "titles": env.titles,
        "long titles": env.longtitles,
        "contents": env.toctree_includes,
        "section numbers": env.toc_secnumbers,
        "figure numbers": env.toc_fignumbers,
        "notebooks": {name: "kernelspec" in data for name, data in env.metadata.items()},
        "exercises": getattr(env, "sphinx_exercise_registry", {}),
        "glued": {name: data.get("glue") for name, data in getattr(env, "nb_metadata", {}).items() if "glue" in data},
    }
    return digest(plain(facts))


def plain(value) -> str:
    """A value as a text that is the same for equal values, whatever their order, and has no lines of a source."""
    if isinstance(value, dict):
        return "{" + ",".join(sorted(f"{plain(key)}:{plain(item)}" for key, item in value.items())) + "}"
    if isinstance(value, set | frozenset):
        return "{" + ",".join(sorted(map(plain, value))) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(plain, value)) + "]"
    if isinstance(value, nodes.Text):
        return repr(value.astext())
    if isinstance(value, nodes.Element):
        return f"<{type(value).__name__} {value['ids']} {value.astext()}>"
    if isinstance(value, str | int | float | bytes | None):
        return repr(value)
    return f"<{type(value).__name__} {plain(vars(value)) if hasattr(value, '__dict__') else ''}>"
