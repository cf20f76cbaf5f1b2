// What more than one script of a page uses.
const theBook = {
  /** What the reader's browser keeps, as objects by name. */
  store: {
    get(name) { try { return JSON.parse(localStorage.getItem(name)) ?? {}; } catch { return {}; } },
    set(name, value) { try { localStorage.setItem(name, JSON.stringify(value)); } catch { /* storage may be forbidden */ } },
    get allowed() { try { return Boolean(localStorage); } catch { return false; } },
  },

  /** A text with these values in the places of its %s. */
  fill: (text, ...values) => values.reduce((filled, value) => filled.replace("%s", value), text),
};
