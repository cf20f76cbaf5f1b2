// The sections of the book, ranked by how many of a query's words they have, how rare these are and where they stand.

const BOOST = { keywords: 6, title: 4, text: 2, code: 1, output: 0.5 };
const LATER = { question: 0.8, exercise: 0.6, solution: 0.3 };
const MOST_WORDS = 40; // of a query
const TYPED = 8; // words; a longer query was pasted, and has no typing errors

const sorted = (word) => [...word].sort().join("");

/** The beginning of a long word, which other forms of it share. */
const stem = (word) => word.length < 6 ? "" : word.slice(0, Math.max(5, Math.ceil(word.length * 0.65)));

class Sections {
  /** `parts`: what can be found, each with the texts of some of the fields. */
  constructor(parts) {
    this.parts = parts;
    this.index = new MiniSearch({
      fields: Object.keys(BOOST),
      idField: "number",
      tokenize: (text) => [...new Set(wordsOf(text))], // how often a word stands in a section tells little, and costs time
      processTerm: withParts,
      extractField: (part, field) => field === "number" ? part.number : part[field] ?? "",
      searchOptions: { boost: BOOST, maxFuzzy: 2, weights: { prefix: 0.5, fuzzy: 0.25 }, processTerm: (word) => word },
    });
  }

  /** Take all sections in, without keeping the page from reacting. */
  fill() {
    return inPieces(this.parts, (part) => this.index.add(part));
  }

  /** In how many sections a word stands. */
  spread(word) {
    return this.index.search(word, { tokenize: () => [word], prefix: false, fuzzy: false }).length;
  }

  /** The words of the book that are like this one, the one that stands in most sections first. */
  near(word, options) {
    const found = this.index.search(word, { tokenize: () => [word], prefix: false, fuzzy: false, ...options });
    const spread = new Map();
    for (const term of found.flatMap(({ terms }) => terms)) spread.set(term, (spread.get(term) ?? 0) + 1);
    return [...spread.keys()].sort((one, other) => spread.get(other) - spread.get(one));
  }

  /** What was meant by a word that no section has: the same letters in another order, or a letter or two less or more. */
  meant(word) {
    if (word.length < 4 || this.near(word, { prefix: true }).length) return word;
    const far = this.near(word, { fuzzy: 2 });
    const same = far.find((other) => sorted(other) === sorted(word));
    return same ?? this.near(word, { fuzzy: 1 })[0] ?? (word.length > 5 && far[0] || word);
  }

  /** The words of a short query that no section has, nor a longer word that begins so. */
  unknown(text) {
    const typed = wordsOf(text);
    return typed.length > TYPED ? [] : typed.filter((word) => !this.near(word, { prefix: true }).length);
  }

  /** The words of a query that tell something, each with its spread: not those that every other section has. */
  telling(text) {
    const words = [...new Set(wordsOf(text).flatMap(withParts))].slice(0, MOST_WORDS);
    const spread = new Map(words.map((word) => [word, this.spread(word)]));
    const rare = words.filter((word) => spread.get(word) < this.parts.length / 3);
    return new Map((rare.length ? rare : words).map((word) => [word, spread.get(word)]));
  }

  /** The sections for a query, the best one first: [{ part, score, terms }]; terms are words as the sections have them. */
  find(text) {
    const typed = wordsOf(text);
    const asked = typed.length > TYPED ? typed.join(" ") : typed.map((word) => this.meant(word)).join(" ");
    const words = this.telling(asked);
    const stems = [...words.keys()].map(stem).filter(Boolean);
    const forms = [
      { // what no section has may be mistyped
        queries: [[...words.keys()].join(" ")],
        prefix: (word) => word.length > 2,
        fuzzy: (word) => !words.get(word) && word.length > 3 ? 0.24 : false,
      },
      { queries: [stems.join(" ")], prefix: true, boostTerm: () => 0.3 },
    ];
    return this.index.search({ combineWith: "OR", tokenize: (text) => text.split(" "), queries: forms })
      .map(({ id, score, queryTerms, match }) => {
        const part = this.parts[id];
        const found = [...words.keys()].filter((word) => queryTerms.includes(word) || queryTerms.includes(stem(word)));
        const rank = score * (found.length / words.size) * (isCalled(part, asked) ? 3 : 1) * (LATER[part.kind] ?? 1);
        return { part, score: rank, terms: Object.keys(match) };
      }).sort((one, other) => other.score - one.score || one.part.number - other.part.number);
  }
}

/** Whether a query is the title of a part, or has a phrase by which readers call it. */
const isCalled = (part, asked) =>
  part.words === asked || part.phrases.some((phrase) => ` ${asked} `.includes(` ${phrase} `));
