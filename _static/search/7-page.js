// The search page: the field, and the results below it, which follow what is typed.

const field = document.getElementById("search");
const results = document.getElementById("search-results");
const LONG = 2000; // letters of an address; servers refuse longer ones, and never see what stands behind a #
const MOST_LINES = 5; // of the field; results stay in sight
const PAUSE = 120; // milliseconds after a letter
const PATIENCE = 300; // milliseconds until what is found so far is shown: a large book takes longer to be taken in
let book = null;
let wanted = false; // the index

/** The query that the address has. ⏎ stands for the end of a line in what was pasted into the bar. */
const asked = () => {
  const query = new URLSearchParams(location.search).get("q") ?? new URLSearchParams(location.hash.slice(1)).get("q");
  return (query ?? "").replace(/ ?⏎ ?/g, "\n");
};

/** Put the query into the address, so that the way back from a result leads to the results. */
const keep = (query) => {
  const text = encodeURIComponent(query.slice(-LONGEST));
  const address = query ? `${text.length > LONG ? "#" : "?"}q=${text}` : "";
  try { history.replaceState(null, "", location.pathname + address); } catch { /* not from disk, in some browsers */ }
};

const element = (name, content = [], properties = {}) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...content);
  return made;
};

/** One result: a link with the title and the page's, and an excerpt. */
const result = ({ part, words }) => {
  const title = marked(part.title, words);
  const kind = results.dataset[part.kind]; // a section needs no name
  const page = part.title === part.page.title ? "" : part.page.title;
  const link = element("a", [
    part.kind === "entry" ? element("code", title) : element("span", title),
    element("small", [[kind, page].filter(Boolean).join(" · ")]),
  ], { href: `${part.page.name}.html#${part.anchor}` });
  return element("li", [link, element("p", excerpt(part, words))], { className: part.kind });
};

const counted = (found) => found.length < MOST ? found.length : `${MOST}+`;

/** How many were found, and which words were not; with no result, or none of the words, that alone. */
const summary = (found, unknown) => {
  if (!found.length) return results.dataset.nothing;
  const number = results.dataset.found.replace("%s", counted(found));
  const lost = `${results.dataset.unknown.replace("%s", unknown.join(", "))}.`;
  if (!unknown.length) return number;
  return book.isStrange(field.value) ? lost : `${number}. ${lost}`;
};

/** Show what is found; with `state`, a word in the place of the number of results. Who is walking through the results
 * stays at the one that was reached: a large index arrives in pieces, and each makes the list anew. */
const list = (found, state, unknown = []) => {
  const at = results.contains(document.activeElement) ? document.activeElement.href : null;
  results.querySelector("ol").replaceChildren(...found.map(result));
  if (at) ([...results.querySelectorAll("li a")].find(({ href }) => href === at) ?? field).focus({ preventScroll: true });
  const lost = !found.length || unknown.length;
  document.getElementById("search-otherwise").hidden = Boolean(state || !lost || !field.value.trim());
  results.querySelector("[role=status]").textContent = state ?? summary(found, unknown);
};

// The way back from a result leads to the place that was left, which the browser can't find before the list is there.
const KEPT = "book-results";
const [came] = performance.getEntriesByType("navigation");
addEventListener("pagehide", () => {
  const { href } = results.contains(document.activeElement) ? document.activeElement : {};
  try { sessionStorage.setItem(KEPT, JSON.stringify([location.href, href, scrollY])); } catch { /* may be forbidden */ }
});
const goBack = () => {
  try {
    const [address, href, height] = JSON.parse(sessionStorage.getItem(KEPT)) ?? [];
    sessionStorage.removeItem(KEPT);
    if (address !== location.href || came?.type === "navigate") return;
    [...results.querySelectorAll("li a")].find((link) => link.href === href)?.focus({ preventScroll: true });
    scrollTo(0, height);
  } catch { /* as above */ }
};

let turn = 0;
const show = async () => {
  const [query, mine] = [field.value.trim(), ++turn];
  field.rows = Math.min(MOST_LINES, field.value.split("\n").length);
  results.querySelector("h2").hidden = !query; // the status stays: screen readers read out only what changes
  if (!query || !book) {
    list([], query && results.dataset.searching);
    return;
  }
  const late = new Promise((done) => setTimeout(() => done("late"), PATIENCE));
  const early = await Promise.race([book.ready, late]) === "late";
  if (early && mine === turn) list(book.find(query), results.dataset.searching);
  await book.ready;
  if (mine !== turn) return;
  list(book.find(query), null, book.unknown(query));
  goBack();
};

let waiting = 0;
const search = () => {
  clearTimeout(waiting); // or the results would be made anew under the reader's focus
  keep(field.value.trim());
  show();
};
field.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(search, PAUSE); });
field.form.addEventListener("submit", (event) => { event.preventDefault(); search(); });
field.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  search();
});

/** The arrows lead from the field's last line to the results, from one to the next, and back. */
field.form.parentElement.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || event.isComposing) return;
  const inField = event.target === field;
  if (inField && (step < 0 || field.value.slice(field.selectionEnd).includes("\n"))) return;
  const links = [...results.querySelectorAll("li a")];
  const next = inField ? links[0] : [field, ...links][links.indexOf(event.target) + 1 + step];
  if (!next || !inField && event.target.localName !== "a") return;
  event.preventDefault();
  next.focus();
});

field.value = asked();
// Not on the way back from a result, nor where a keyboard would come up over the results
const arrived = came?.type === "navigate" && matchMedia("(hover: hover)").matches;
if (!field.value || arrived) field.focus({ preventScroll: true });
show();

/** The index is taken in when the reader begins to ask: it is work for a phone. */
const want = () => {
  if (wanted) return;
  wanted = true;
  document.head.append(element("script", [], { src: results.dataset.index }));
};
for (const event of ["pointerdown", "keydown", "input"]) field.addEventListener(event, want);

/** What the script of the index calls. */
const loadSearch = (index) => { book = new Book(index); show(); };
if (field.value) want();
