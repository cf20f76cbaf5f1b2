// What Temml writes, made small, and only such as browsers draw by MathML Core with the book's font. The tree of a
// formula is mended from its leaves upwards; `_static/css/formulas/` has the looks of its classes.

const SAMPLE = temml.__renderToMathMLTree("x", {}); // Temml does not hand out the classes of its nodes
const like = (node, content) => Object.assign(Object.create(Object.getPrototypeOf(node)), content);
const text = (node) => node?.toText() ?? "";
const letter = (mark) => like(SAMPLE.children[0].children[0], { text: mark });
const element = (type, children, attributes = {}) =>
  like(SAMPLE, { type, attributes, children, classes: [], style: {}, label: "" });
const row = (children) => (children.length === 1 ? children[0] : element("mrow", children));

// Accents as the font has them: at the height and of the weight of the others, and in many lengths.
const ACCENTS = { "‾": "¯", "~": "˜", "^": "ˆ" };
// Brackets that stretch when nothing else is said.
const BRACKETS = new Set(["(", ")", "[", "]", "{", "}", "|", "‖", "⟨", "⟩", "⌊", "⌋", "⌈", "⌉"]);
// <menclose> is not in MathML Core.
const LINES = { top: ["mover", "¯"], bottom: ["munder", "_"] };
const STRIKES = {
  updiagonalstrike: ["up"],
  downdiagonalstrike: ["down"],
  "updiagonalstrike downdiagonalstrike": ["up", "down"],
  horizontalstrike: ["through"],
};

// How the cells of common tables look, by their column: written once, in a class of the table.
const GAP = 5.9776; // points, between the columns of Temml's matrices
const TABLES = {
  align: (i) => ({ side: i % 2 ? "tml-left" : "tml-right", left: i && i % 2 === 0 ? 1 : 0, right: 0 }),
  alignat: (i) => ({ side: i % 2 ? "tml-left" : "tml-right", left: 0, right: 0 }),
  cases: (i) => ({ side: "tml-left", left: i ? 1 : 0, right: 0 }),
  grid: (i, last) => ({ left: i ? GAP : 0, right: last ? 0 : GAP }),
};
const looks = (cell, { side, left, right }) =>
  !cell.children.length ||
  (!Object.keys(cell.style).some((name) => name.startsWith("border")) &&
    (!side || cell.classes.includes(side)) &&
    parseFloat(cell.style.paddingLeft) === left &&
    parseFloat(cell.style.paddingRight) === right);
const allLook = (lines, wanted) =>
  lines.every(({ children: cells }) =>
    cells.every((cell, i) => !cell.style.width && looks(cell, wanted(i, i === cells.length - 1))));

// Classes with a look, of Temml's and of ours.
const SEEN = new Set(["tml-right", "tml-left", "tml-jot", "tml-small", "strike", "up", "down", "through", ...Object.keys(TABLES)]);

// A space of no width; the other side of a brace that stands alone.
const isEmpty = (node) =>
  (node.type === "mspace" && !Object.keys(node.attributes).length) || (node.type === "mo" && text(node) === "");

// An operator between two spaces beside a text: browsers leave this room by themselves.
const isSpaced = ([left, operator, right, ...more]) =>
  [left, right].every((space) => space?.type === "mspace" && space.attributes.width === "0.222em") &&
  operator.type === "mo" &&
  !("lspace" in operator.attributes) &&
  !more.length;

// The radicand with room for a letter with an ascender: the bar of a root would else lie on a small one.
const radicand = (node) => {
  const inside = node.type === "mrow" ? node.children : [node];
  const written = inside.filter((part) => !(part.type === "mspace" && part.attributes.width === "0pt")); // Temml's room
  return row([...written, element("mspace", [], { width: "0", height: "0.76em", depth: "0.1em" })]);
};

// An accent is as large as its letter; an arrow over one is not. Anything else above or below a relation makes one of
// both: not every browser has room around it.
const accent = (attribute) => (node) => {
  const [base, mark] = node.children;
  if (mark?.isAccent) {
    node.attributes[attribute] = "true";
    const other = ACCENTS[text(mark)];
    if (other) mark.children = [letter(other)];
    if (/[←→↔]/.test(text(mark)) && mark.attributes.stretchy === "false") mark.attributes.mathsize = "70%";
  } else if (base.type === "mo" && !("lspace" in base.attributes) && !("movablelimits" in base.attributes)) {
    Object.assign(base.attributes, { lspace: "0", rspace: "0" });
    node.style.padding = "0 0.28em";
  }
};

// What a bracket has no need to say at this end of a row.
const atEdge = (node, form) => {
  if (node.attributes?.form !== form) return;
  delete node.attributes.form;
  if (node.attributes.stretchy === "true" && BRACKETS.has(text(node))) delete node.attributes.stretchy;
};

const MENDED = {
  math(node) {
    node.style = {};
  },
  mo(node) {
    node.isAccent = node.classes.length > 0 || "mathDepth" in node.style;
    delete node.style.mathDepth;
    delete node.attributes.fence; // for readers of older browsers
    if (text(node) === "…" && !node.isAccent) Object.assign(node, { type: "mi", attributes: {} }); // without room around it
    if (text(node).includes("\u0338")) node.children = [letter(text(node).normalize("NFC"))]; // ≠ is a letter of its own
    if (text(node) === "/") Object.assign(node.attributes, { lspace: "0", rspace: "0" });
  },
  mrow(node) {
    node.children = node.children.filter((child) => !isEmpty(child));
    if (isSpaced(node.children)) node.children = [node.children[1]];
    const [first, last] = [node.children[0], node.children[node.children.length - 1]];
    if (first === last) return;
    atEdge(first, "prefix");
    atEdge(last, "postfix");
  },
  // A prime already stands high in the font.
  msup(node) {
    const mark = node.children[1];
    if (!/^′+$/.test(text(mark))) return;
    node.type = "mrow";
  },
  mover: accent("accent"),
  munder: accent("accentunder"),
  msqrt(node) {
    node.children = [radicand(row(node.children))];
  },
  mroot(node) {
    node.children[0] = radicand(node.children[0]);
  },
  menclose(node) {
    const { notation } = node.attributes;
    node.attributes = {};
    if (notation in LINES) {
      const [type, mark] = LINES[notation];
      Object.assign(node, { type, classes: [], style: {} });
      node.children = [row(node.children), element("mo", [letter(mark)], { stretchy: "true" })];
    } else if (notation in STRIKES) {
      Object.assign(node, { type: "mrow", classes: ["strike", ...STRIKES[notation]], style: {} });
      node.children = node.children.filter((child) => !child.classes.includes("tml-cancel"));
    } else if (notation === "box") {
      Object.assign(node, { type: "mrow", classes: [], style: { padding: "3pt", border: "1px solid" } });
    } else {
      throw new Error("no browser draws this kind of frame");
    }
  },
  mtd(node) {
    const known = Object.entries(node.style).filter(([name]) => /^(padding|border|width)/.test(name)); // others by mistake
    node.style = Object.fromEntries(known);
  },
  mtable(node) {
    const name = Object.keys(TABLES).find((one) => allLook(node.children, TABLES[one]));
    if (!name) return;
    node.classes = name === "grid" ? [...node.classes, name] : [name];
    for (const cell of node.children.flatMap((line) => line.children)) {
      cell.style = {};
      if (name !== "grid") cell.classes = [];
    }
  },
};

const mended = (node) => {
  if (!node.children) return node;
  node.children = node.children.map(mended);
  MENDED[node.type]?.(node);
  if (node.style?.color?.toLowerCase() === "#00ff00") node.style.color = "green"; // as MathJax understands the word
  node.classes = node.classes?.filter((name) => SEEN.has(name)) ?? [];
  const says = [...Object.keys(node.attributes ?? {}), ...Object.keys(node.style), ...node.classes];
  return node.type === "mrow" && node.children.length === 1 && !says.length ? node.children[0] : node;
};
