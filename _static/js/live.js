// Live cells, the part that every page has. Inert on a published page: it shows the marks of exercises that were solved,
// and nothing more. Served by `make live`, it takes the connection out of the address and loads _static/live/live.mjs.
{
  const store = {
    get(name) { try { return JSON.parse(localStorage.getItem(name)) ?? {}; } catch { return {}; } },
    set(name, value) { try { localStorage.setItem(name, JSON.stringify(value)); } catch { /* storage may be forbidden */ } },
  };
  const root = document.documentElement;
  const given = /^#live=([\w-]+)$/.exec(location.hash);
  let connection = store.get("book-live");
  if (given) { // at once: the token must not stay in the address bar or the history
    connection = { token: given[1] };
    history.replaceState(null, "", location.pathname + location.search);
    if ("live" in root.dataset) store.set("book-live", connection);
  }

  // A page is known by the last two parts of its path, which are the same in all languages.
  const name = (path) => path.replace(/\.html$/, "").split("/").slice(-2).join("/");
  const page = name(location.pathname);
  const fill = (text, ...values) => values.reduce((filled, value) => filled.replace("%s", value), text);

  const begin = () => {
    const holder = document.getElementById("live-words");
    if (!holder) return; // a page without cells
    const words = JSON.parse(holder.textContent);
    const exercises = [...document.querySelectorAll("article .exercise[id]")];

    const badge = (exercise, state, text) => {
      const title = exercise.querySelector(".admonition-title");
      const mark = title.querySelector(".verdict") ?? title.appendChild(document.createElement("span"));
      mark.className = `verdict ${state}`;
      mark.textContent = text;
    };
    /** Show the verdict of an exercise's check; what has been solved once stays so. */
    const judge = (exercise, solved) => {
      const all = store.get("book-solved");
      const labels = new Set(all[page]?.labels);
      if (solved) labels.add(exercise.id);
      if (labels.size) store.set("book-solved", { ...all, [page]: { labels: [...labels], total: exercises.length } });
      if (labels.has(exercise.id)) badge(exercise, "solved", words.solved);
      else badge(exercise, "missing", words.notYet);
    };

    const solved = store.get("book-solved");
    for (const exercise of exercises) {
      if (solved[page]?.labels.includes(exercise.id)) badge(exercise, "solved", words.solved);
    }
    for (const link of document.querySelectorAll("article td a[href]")) {
      const known = solved[name(link.pathname)];
      if (!known || link.hash) continue;
      const count = link.parentNode.appendChild(document.createElement("span"));
      count.className = "solved-count";
      count.textContent = fill(words.count, known.labels.length, known.total);
    }

    const load = (connection) => {
      const url = new URL(`${root.dataset.content_root ?? ""}_static/live/live.mjs`, document.baseURI);
      return import(url).then((live) => live.start({ page, connection, store, judge, fill }));
    };
    if (!document.querySelector("article .cell")) return;
    if ("live" in root.dataset) load(connection.token ? { ...connection, device: root.dataset.live } : null);
    else if (words.binder) offerBinder(words, load);
  };

  /** A site whose configuration names a Binder: nothing is asked of it before the reader does. */
  const offerBinder = (words, load) => {
    const button = document.createElement("button");
    button.className = "live-offer";
    button.textContent = words.runOnBinder;
    button.addEventListener("click", () => { button.remove(); load({ binder: words.binder }); });
    document.querySelector("article h1").after(button);
  };

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
}
