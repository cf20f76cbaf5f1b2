// The index of errors: which entries a pasted message belongs to. An entry's title is a message as PyTorch prints it,
// with an ellipsis for what varies.

/** The words of a message; one and many count as the same word. */
const messageWords = (text) => wordsOf(text).map((word) => word.length > 3 ? word.replace(/s$/, "") : word);

/** The pieces of a message between what varies, each as its words. */
const piecesOf = (message) => message.split("…").map(messageWords).filter((piece) => piece.length);

/** Words and pairs of neighbours. */
const features = (words) => new Set([...words, ...words.slice(1).map((word, index) => `${words[index]} ${word}`)]);

/** Whether all pieces of a message stand in this order among the words of another. */
const inOrder = (pieces, words) => {
  let from = 0;
  return pieces.every((piece) => {
    for (let at = from; at + piece.length <= words.length; at++) {
      if (piece.every((word, index) => words[at + index] === word)) {
        from = at + piece.length;
        return true;
      }
    }
    return false;
  });
};

class Messages {
  constructor() {
    this.patterns = [];
    this.counts = new Map();
    this.spelling = new MiniSearch({ fields: ["word"], idField: "word", tokenize: (word) => [word] });
  }

  /** Know a message of an entry. */
  add(entry, message) {
    const pieces = piecesOf(message);
    const pattern = { entry, pieces, features: features(pieces.flat()) };
    this.patterns.push(pattern);
    for (const feature of pattern.features) {
      if (!feature.includes(" ") && !this.counts.has(feature)) this.spelling.add({ word: feature });
      this.counts.set(feature, (this.counts.get(feature) ?? 0) + 1);
    }
  }

  /** How much a word or a pair tells: the rarer, the more. */
  weight(feature) {
    return Math.log(1 + this.patterns.length / (this.counts.get(feature) ?? this.patterns.length));
  }

  sum(features) {
    return [...features].reduce((sum, feature) => sum + this.weight(feature), 0);
  }

  /** A word as the messages spell it: what is mistyped, or cut at the end, becomes the word that is meant. */
  spelled(word, last) {
    if (this.counts.has(word)) return word;
    const [best] = this.spelling.search(word, { fuzzy: word.length > 4 ? 0.25 : false, prefix: last && word.length > 2 });
    return best?.id ?? word;
  }

  /** How well a message fits an entry: above 1 when it has all pieces in order; 0 when it is another one. */
  fit(words, given, pattern) {
    const whole = this.sum(pattern.features);
    if (inOrder(pattern.pieces, words)) return 1 + whole;
    const common = [...pattern.features].filter((feature) => given.has(feature));
    const found = this.sum(common);
    const ofPattern = found / whole;
    const ofMessage = found / this.sum(given);
    const enough = common.filter((feature) => feature.includes(" ")).length > 1;
    return enough && ofPattern + ofMessage > 0.9 ? (ofPattern + ofMessage) / 2 : 0;
  }

  /** The entries that a paste belongs to, the best one first. */
  find(messages) {
    const found = new Map();
    messages.forEach((message, age) => {
      const typed = messageWords(withoutName(message));
      const words = typed.map((word, index) => this.spelled(word, index === typed.length - 1));
      const given = features(words);
      for (const pattern of this.patterns) {
        const fit = this.fit(words, given, pattern);
        // Every exact one before every other; among these, those of a later error before those of an earlier one
        const rank = fit && [fit > 1 ? 0 : 1, age, -fit];
        const known = found.get(pattern.entry);
        if (rank && (!known || inFront(rank, known))) found.set(pattern.entry, rank);
      }
    });
    return [...found].sort(([, one], [, other]) => inFront(one, other) ? -1 : 1).map(([entry]) => entry);
  }
}

/** Whether a list of numbers comes before another. */
const inFront = (one, other) => {
  const at = one.findIndex((number, index) => number !== other[index]);
  return at >= 0 && one[at] < other[at];
};
