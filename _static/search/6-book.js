// What the index holds (book/render/search.py), and what a query finds in it.

const MOST = 30; // results that are shown
const LEAST = 0.02; // of the best one's score
const ENTRIES = 3; // of the index of errors, for one paste
const FEW = 5; // results for words of which the book has none

class Book {
  /** `pages` with their parts, and the `keywords` of some labels, as the script of the index has them. */
  constructor({ pages, keywords }) {
    this.parts = pages.flatMap((page) => page.parts.map((part) => ({ ...part, page })));
    this.places = new Map();
    this.taken = { messages: false, sections: false };
    this.messages = new Messages();
    this.sections = new Sections(this.parts);
    this.ready = this.takeIn(keywords);
  }

  /** Make ready what is looked up, messages first. */
  async takeIn(keywords) {
    await inPieces(this.parts, (part, number) => {
      const own = part.kind === "solution" ? null : keywords[part.anchor]; // its exercise has the same label
      const phrases = (own?.words ?? []).map((words) => wordsOf(words).join(" "));
      Object.assign(part, { number, keywords: phrases.join("\n"), phrases, words: wordsOf(part.title).join(" ") });
      if (part.kind !== "solution") this.places.set(part.anchor, part);
    });
    await inPieces(this.parts.filter((part) => part.kind === "entry"), (entry) => {
      const further = keywords[entry.anchor]?.messages ?? [];
      for (const message of this.forms(entry, [entry.title, ...further])) this.messages.add(entry, message);
    });
    this.taken.messages = true;
    await this.sections.fill();
    this.taken.sections = true;
  }

  /** The parts of the book that show the message of an entry. */
  shown(entry) {
    return (entry?.shown ?? []).map((anchor) => this.places.get(anchor)).filter(Boolean);
  }

  /** The `known` messages of an entry, and, in full, what cells of the book print when they show one of them. */
  forms(entry, known) {
    const printed = this.shown(entry).flatMap((part) => messagesOf(part.output ?? "").map(withoutName));
    return [...known, ...printed.filter((message) => known.some((form) => inOrder(piecesOf(form), messageWords(message))))];
  }

  /** What belongs to a query, the best first: [{ part, words }]; words are those that were found. Of an index that is
   * not taken in yet, only what stays first: a list that changes under the pointer misleads. */
  find(query) {
    const messages = messagesOf(query);
    const telling = messages.find((message) => wordsOf(withoutName(message)).length > 2) ?? messages[0];
    const entries = this.taken.messages ? this.entries(messages, query) : [];
    const found = new Map();
    const add = (part, words) => found.has(part) || found.set(part, { part, words: new Set(words) });
    for (const part of [...entries, ...this.shown(entries[0])]) add(part, wordsOf(messages.join(" ")).flatMap(withParts));
    const ranked = (this.taken.sections ? this.sections.find(telling) : []).filter(({ score }, _, [best]) => score > LEAST * best.score);
    const last = ({ part }) => entries.length && ["exercise", "solution"].includes(part.kind);
    for (const { part, terms } of [...ranked.filter((one) => !last(one)), ...ranked.filter(last)]) add(part, terms);
    return [...found.values()].slice(0, this.isStrange(query) ? FEW : MOST);
  }

  /** Whether the book has none of several words: what is like them is hardly what was meant. */
  isStrange(query) {
    const { length } = this.unknown(query);
    return length > 1 && length === wordsOf(query).length;
  }

  /** The words of a query that the book does not have; none of a message that it knows. */
  unknown(query) {
    return this.taken.sections && !this.entries(messagesOf(query), query).length ? this.sections.unknown(query) : [];
  }

  /** The entries of the index of errors that a paste belongs to; a line that raises an error may have its message, too. */
  entries(messages, query) {
    const found = this.messages.find(messages);
    return (found.length ? found : this.messages.find([query.slice(-LONGEST)])).slice(0, ENTRIES);
  }
}
