// A few lines of a section around the words that were found, with these marked.

const LENGTH = 180; // letters

const known = new Map(); // the forms of each word that was met: excerpts repeat their words

/** What a word of a text may be found by. */
const formsOf = (word) => {
  if (!known.has(word)) known.set(word, wordsOf(word).flatMap(withParts));
  return known.get(word);
};

/** Where the words of a set stand in a text: [{ from, to, word }]. */
const places = (text, words) => [...text.matchAll(WORD)].flatMap((match) => {
  const word = formsOf(match[0]).find((form) => words.has(form));
  return word ? [{ from: match.index, to: match.index + match[0].length, word }] : [];
});

/** The place from which most different words follow within the length of an excerpt. */
const densest = (places) => {
  let best = { count: 0, from: 0 };
  places.forEach(({ from }, index) => {
    const near = new Set();
    for (let at = index; at < places.length && places[at].to - from <= LENGTH; at++) near.add(places[at].word);
    if (near.size > best.count) best = { count: near.size, from };
  });
  return best;
};

/** The part of a text that an excerpt shows, from the beginning of a sentence or word to the end of a word. */
const cut = (text, from) => {
  const before = text.slice(Math.max(0, from - 60), from);
  const sentence = before.search(/(?<=[.!?:;\n]\s*)\S[^.!?;\n]*$/);
  const start = from - 60 <= 0 ? 0 : from - before.length + (sentence >= 0 ? sentence : before.indexOf(" ") + 1);
  const piece = text.slice(start, start + LENGTH + 40);
  const whole = start + piece.length >= text.length ? piece : `${piece.slice(0, piece.lastIndexOf(" "))} …`;
  return (start && sentence < 0 ? `… ${whole}` : whole).replace(/\s+/g, " ");
};

/** A text as nodes, the words of a set in <mark>. */
const marked = (text, words) => {
  const nodes = [];
  let end = 0;
  for (const { from, to } of places(text, words)) {
    const mark = document.createElement("mark");
    mark.textContent = text.slice(from, to);
    nodes.push(text.slice(end, from), mark);
    end = to;
  }
  return [...nodes, text.slice(end)];
};

/** The place of an entry from which its excerpt begins: it begins with what it is about, unless its text quotes what was
 * asked for, in another form than its title. */
const quoted = ({ title, text }, words) => {
  const { count, from } = densest(places(text, words));
  const told = Math.max(...[title, text.slice(0, LENGTH)].map((first) => densest(places(first, words)).count));
  return count > told + 1 ? from : 0;
};

/** The excerpt of a part of a page: from its prose if the words stand there, else from its code or output. */
const excerpt = (part, words) => {
  if (part.kind === "entry") return part.text ? marked(cut(part.text, quoted(part, words)), words) : [];
  const fields = ["text", "code", "output"].filter((field) => part[field]);
  for (const field of fields) {
    const { count, from } = densest(places(part[field], words));
    if (count) return marked(cut(part[field], from), words);
  }
  return fields.length ? marked(cut(part[fields[0]], 0), words) : [];
};
