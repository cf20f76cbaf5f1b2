// A few lines of a section around the words that were found, with these marked.

const LENGTH = 180; // letters

/** Where the words of a set stand in a text: [{ from, to, word }]. */
const places = (text, words) => [...text.matchAll(WORD)].flatMap((match) => {
  const word = wordsOf(match[0]).flatMap(withParts).find((form) => words.has(form));
  return word ? [{ from: match.index, to: match.index + match[0].length, word }] : [];
});

/** The place from which most different words follow within the length of an excerpt. */
const densest = (places) => {
  let best = { count: 0, from: 0 };
  places.forEach(({ from }, index) => {
    const near = places.slice(index).filter((other) => other.to - from <= LENGTH);
    const count = new Set(near.map((place) => place.word)).size;
    if (count > best.count) best = { count, from };
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

/** The excerpt of a part of a page: from its prose if the words stand there, else from its code or output. */
const excerpt = (part, words) => {
  const found = ["text", "code", "output"].filter((field) => part[field])
    .map((field) => ({ text: part[field], ...densest(places(part[field], words)) }));
  const best = found.find(({ count }) => count) ?? found[0];
  return best ? marked(cut(best.text, best.from), words) : [];
};
