// Sphinx's search looks for this setting of its highlighter, which the book does not load.
const SPHINX_HIGHLIGHT_ENABLED = false;
