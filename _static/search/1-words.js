// Words as the search compares them.

/** Small letters without accents; every i of Turkish is one i. */
const fold = (text) => text.replace(/[ıİI]/g, "i").normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

const WORD = /[\p{L}\p{N}\p{M}_]+/gu;
// What differs from one reader to the next: numbers, shapes such as 32x784, addresses in memory
const VARIES = /^(\d[\dx]*(e\d+)?|0x[\da-f]+)$/;

const LONGEST_WORD = 60; // what is longer is data

/** The words of a text in their order; letters that stand alone and what varies are left out. */
const wordsOf = (text) => (fold(text).match(WORD) ?? [])
  .map((word) => word.replace(/^_+|_+$/g, ""))
  .filter((word) => word.length > 1 && word.length <= LONGEST_WORD && !VARIES.test(word));

/** A word and, of a name such as register_buffer, its parts. */
const withParts = (word) => word.includes("_") ? [word, ...word.split("_").filter((part) => part.length > 1)] : [word];

const PIECE = 8; // milliseconds of work before the page may react

/** Do something with each of many, in pieces, so that the page reacts in between. */
const inPieces = async (all, action) => {
  let start = performance.now();
  for (const [number, one] of all.entries()) {
    if (performance.now() > start + PIECE) {
      await new Promise((done) => setTimeout(done));
      start = performance.now();
    }
    action(one, number);
  }
};
