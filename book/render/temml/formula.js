// One formula: its TeX given to Temml, its MathML mended. `book/render/tex.py` calls the functions at the end.

const settings = Object.create(null); // the macros of _config.yml
const pages = []; // of each page, these with those of its formulas
const END = "\\book@end"; // stands behind each formula

// The tree of a formula; what it defines holds for the formulas behind it.
const tree = (tex, displayMode, known) => {
  const macros = { ...OURS, ...known };
  macros[END] = (context) => {
    const { text, loc } = context.future();
    if (text !== "EOF" || loc.start < loc.lexer.input.length) throw new Error("an argument is missing at its end");
    Object.assign(known, context.macros.current);
    delete known["\\df@tag"]; // Temml's memory of a \tag
    return { tokens: [], numArgs: 0 };
  };
  return temml.__renderToMathMLTree(`${tex}\n${END}`, { displayMode, throwOnError: true, macros });
};

// Equations are numbered by Sphinx, each block once, as in any Jupyter Book; here they are as with a star.
const NUMBERED = /\\(begin|end)\{(align|alignat|flalign|gather|multline)\}/g;
const unnumbered = (tex) =>
  tex
    .replace(NUMBERED, "\\$1{$2*}")
    .replace(/\\(begin|end)\{flalign\*\}/g, "\\$1{align*}") // a formula is as wide as what is in it
    .replace(/\\begin\{eqnarray\*?\}/g, "\\begin{darray}{rcl}")
    .replace(/\\end\{eqnarray\*?\}/g, "\\end{darray}");

// Temml's words without the quotation that follows them; names without the strokes below their letters.
const said = (problem) =>
  (problem.message ?? String(problem)).trim().replace(/\u0332/g, "").replace(/ at (position \d+|end of input):[^]*$/, "");

// As JSON, what `make` makes of a formula, or the mistake in it.
const answer = (make) => {
  try {
    return JSON.stringify({ made: make() });
  } catch (problem) {
    return JSON.stringify({ problem: said(problem) });
  }
};

// What _config.yml defines, as a text of definitions.
globalThis.define = (definitions) => answer(() => (tree(definitions, false, settings), ""));

// The number of a new page.
globalThis.page = () => pages.push(Object.assign(Object.create(null), settings)) - 1;

// The MathML of the next formula of a page.
globalThis.formula = (tex, display, page) =>
  answer(() => mended(tree(unnumbered(tex), display, pages[page])).toMarkup());
