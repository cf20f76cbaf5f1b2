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

/** How many of the words that were given follow each other in a message, from one of its places on; -1 if others do. The
 * first may have lost its beginning and the last its end. `message`: its words, null for what varies. */
const followed = (given, message, at, from = 0) => {
  if (from === given.length) return 0;
  if (at === message.length) return -1;
  const [word, here] = [given[from], message[at]];
  if (here === null) {
    if (at + 1 === message.length) return 0;
    return Math.max(...given.slice(from).map((_, skipped) => followed(given, message, at + 1, from + skipped)));
  }
  const cut = !from && here.endsWith(word) || from === given.length - 1 && here.startsWith(word);
  if (here !== word && !cut) return -1;
  const further = followed(given, message, at + 1, from + 1);
  return further < 0 ? -1 : 1 + further;
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
    const words = message.split("…").flatMap((piece, number) => number ? [null, ...messageWords(piece)] : messageWords(piece));
    const pattern = { entry, pieces, words, features: features(pieces.flat()) };
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

  /** How much of a pattern's message was given when what was given is a piece of it; 0 when it is not, or tells too little. */
  piece(words, begun, pattern) {
    const counts = pattern.words.map((_, at) => followed(words, pattern.words, at));
    const fromTheStart = begun && counts[0] > 1;
    const most = Math.max(...counts);
    return fromTheStart || most > 2 ? most + most / pattern.words.length : 0; // of equals, the one that is nearly whole
  }

  /** How alike a message and a pattern are that differ in some words; 0 when they are not. */
  likeness(given, pattern) {
    const common = [...pattern.features].filter((feature) => given.has(feature));
    const found = this.sum(common);
    const both = found / this.sum(pattern.features) + found / this.sum(given);
    const enough = common.filter((feature) => feature.includes(" ")).length > 1;
    return enough && both > 0.9 ? both : 0;
  }

  /** The entries that a paste belongs to, the best one first: those whose message it has whole, those of whose message it
   * has a piece, those whose message is like it; in each case, those of a later error before those of an earlier one. */
  find(messages) {
    const found = new Map();
    messages.forEach((message, age) => {
      const typed = messageWords(withoutName(message));
      const words = typed.map((word, index) => this.spelled(word, index === typed.length - 1));
      const given = features(words);
      const ends = words.map((word, index) => index && index < words.length - 1 ? word : typed[index]); // as they were cut
      for (const pattern of this.patterns) {
        const whole = inOrder(pattern.pieces, words) && this.sum(pattern.features);
        const isShort = words.length <= MOST_WORDS; // what is longer is no piece of one message, and would take seconds
        const piece = whole || isShort && this.piece(ends, MESSAGE.test(message), pattern);
        const fit = piece || this.likeness(given, pattern);
        if (!fit) continue;
        const rank = [whole ? 0 : piece ? 1 : 2, age, -fit];
        const known = found.get(pattern.entry);
        if (!known || inFront(rank, known)) found.set(pattern.entry, rank);
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
