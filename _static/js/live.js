// Live cells, the part that every page has. Inert on a published page, but for the offer of a Binder. Served by `make live`,
// it takes the connection out of the address and loads _static/live/live.mjs.
{
  const { store, fill, judge } = theBook;
  const root = document.documentElement;
  const given = /^#live=([\w-]+)$/.exec(location.hash);
  let connection = store.get("book-live");
  if (given) { // at once: the token must not stay in the address bar or the history
    connection = { token: given[1] };
    history.replaceState(null, "", location.pathname + location.search);
    if ("live" in root.dataset) store.set("book-live", connection);
  }

  // A page is known by the last two parts of its path, which are the same in all languages.
  const page = location.pathname.replace(/\.html$/, "").split("/").slice(-2).join("/");

  const load = (connection) => {
    const url = new URL(`${root.dataset.content_root ?? ""}_static/live/live.mjs`, document.baseURI);
    return import(url).then((live) => live.start({ page, connection, store, judge, fill }));
  };

  /** A site whose configuration names a Binder: nothing is asked of it before the reader does. */
  const offerBinder = (words) => {
    const button = document.createElement("button");
    button.className = "live-offer";
    button.textContent = words.runOnBinder;
    button.addEventListener("click", () => { button.remove(); load({ binder: words.binder }); });
    document.querySelector("article h1").after(button);
  };

  const holder = document.getElementById("live-words");
  if (document.querySelector("article .cell")) {
    if ("live" in root.dataset) load(connection.token ? { ...connection, device: root.dataset.live } : null);
    else if (holder) offerBinder(JSON.parse(holder.textContent));
  }
}
