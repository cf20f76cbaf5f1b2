"""YAML in which no key stands twice: of two blocks of settings the first would be dropped without a word.

PyYAML alone, as for `book.project.page_settings`, which uses it.
"""

import yaml

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where it is compiled in
TWICE = " stands there twice"


class Loader(LOADER):
    """A loader that refuses a mapping with the same key twice."""

    def __init__(self, stream):
        super().__init__(stream)
        self.looked_at = {}  # mappings, by their identity

    def flatten_mapping(self, node):
        """Look at the keys as they are written, before those of `<<:` come to them."""
        if id(node) not in self.looked_at:
            self.looked_at[id(node)] = node
            seen = set()
            for key, _value in node.value:
                written = (key.tag, str(key.value))
                if written in seen:
                    raise yaml.constructor.ConstructorError(problem=f"{key.value}{TWICE}", problem_mark=key.start_mark)
                seen.add(written)
        super().flatten_mapping(node)


def load(text: str) -> object:
    """What a text of YAML says; YAMLError, with the line where there is one, for what is malformed."""
    try:
        return yaml.load(text, Loader)
    except (ValueError, RecursionError) as problem:  # a date that is none; brackets without end
        raise yaml.YAMLError(str(problem)) from None
