// Commands that MathJax knows and Temml does not, or otherwise. `book/render/tex.py` runs this behind Temml.

// Commands of MathJax that Temml does not know, in terms of those that it knows.
const MACROS = {
  "\\mbox": "\\text{#1}",
  "\\bold": "\\mathbf{#1}",
  "\\Bbb": "\\mathbb{#1}",
  "\\symbf": "\\boldsymbol{#1}",
  "\\mathds": "\\mathbb{#1}",
  "\\prescript": "{\\vphantom{#3}}^{#1}_{#2}#3", // Temml's has the two changed
  "\\lt": "<",
  "\\gt": ">",
  "\\require": "\\@gobble{#1}", // everything that there is, is there
  "\\ref": () => elsewhere("\\ref"),
  "\\eqref": () => elsewhere("\\eqref"),
  "\\@gobble": (context) => (context.consumeArgs(1), { tokens: [], numArgs: 0 }),
};

const elsewhere = (name) => {
  throw new Error(`${name} has no meaning inside a formula: end it, and write {eq}\`label\``);
};

// The expansion of a macro whose first argument is optional, as \newcommand{\name}[2][default]{…} defines it.
const withDefault = (tokens, numArgs, preset) => (context) => {
  context.consumeSpaces();
  const args = [preset];
  if (context.future().text === "[") {
    context.popToken();
    args[0] = bracketed(context);
  }
  args.push(...context.consumeArgs(numArgs - 1));
  const expansion = [];
  for (let i = tokens.length - 1; i >= 0; i -= 1) { // what Temml keeps is in the order of a stack
    const isArgument = tokens[i].text === "#" && i > 0;
    expansion.unshift(...(isArgument ? args[Number(tokens[(i -= 1)].text) - 1] ?? [] : [tokens[i]]));
  }
  return { tokens: expansion, numArgs: 0 };
};

// The tokens up to the next closing bracket, in the order of a stack.
const bracketed = (context) => {
  const tokens = [];
  for (let depth = 0; ;) {
    const token = context.popToken();
    if (token.text === "EOF") throw new Error("a [ has no ]");
    if (token.text === "]" && depth === 0) return tokens.reverse();
    depth += { "{": 1, "}": -1 }[token.text] ?? 0;
    tokens.push(token);
  }
};

// \newcommand and its kin as MathJax has them: a command may be defined again, and have an optional argument.
const definition = (once) => (context) => {
  let name = context.popToken();
  if (name.text === "{") [name] = [context.popToken(), context.popToken()];
  const numArgs = context.future().text === "[" ? Number((context.popToken(), bracketed(context))[0]?.text) : 0;
  const preset = context.future().text === "[" ? (context.popToken(), bracketed(context)) : null;
  const { tokens } = context.consumeArg();
  if (!(once && context.isDefined(name.text))) {
    context.macros.set(name.text, preset ? withDefault(tokens, numArgs, preset) : { tokens, numArgs });
  }
  return { tokens: [], numArgs: 0 };
};

// \DeclareMathOperator, with a star or without.
const declare = (context) => {
  const star = context.future().text === "*" ? (context.popToken(), "*") : "";
  const [name, words] = context.consumeArgs(2);
  const text = words.map((token) => token.text).reverse().join("");
  context.macros.set(name[0].text, `\\operatorname${star}{${text}}`);
  return { tokens: [], numArgs: 0 };
};

const OURS = {
  ...MACROS,
  "\\newcommand": definition(false),
  "\\renewcommand": definition(false),
  "\\providecommand": definition(true),
  "\\DeclareMathOperator": declare,
};
