// The search page: the field, and the results below it, which follow what is typed.

const field = document.getElementById("search");
const results = document.getElementById("search-results");
const LONG = 2000; // letters of an address; servers refuse longer ones, and never see what stands behind a #
const PAUSE = 120; // milliseconds after a letter
let book = null;

/** The query that the address has. ⏎ stands for the end of a line in what was pasted into the bar. */
const asked = () => {
  const query = new URLSearchParams(location.search).get("q") ?? new URLSearchParams(location.hash.slice(1)).get("q");
  return (query ?? "").replace(/ ?⏎ ?/g, "\n");
};

/** Put the query into the address, so that the way back from a result leads to the results. */
const keep = (query) => {
  const text = encodeURIComponent(query);
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

const show = async () => {
  const query = field.value.trim();
  const [status, list] = [results.querySelector("[role=status]"), results.querySelector("ol")];
  field.rows = Math.min(8, field.value.split("\n").length);
  results.hidden = !query;
  if (!book) status.textContent = results.dataset.searching;
  else await book.ready;
  const found = query && book ? book.find(query) : [];
  list.replaceChildren(...found.map(result));
  if (book) status.textContent = found.length ? results.dataset.found.replace("%s", found.length) : results.dataset.nothing;
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

field.value = asked();
if (!field.value) field.focus();
show();

/** What the script of the index calls. */
const loadSearch = (index) => { book = new Book(index); show(); };
