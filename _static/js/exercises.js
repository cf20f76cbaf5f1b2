// The reader's progress: a tick at each exercise, set by the reader or, where cells run, by the exercise's check; how many
// have one; and on the first page of the book, ways to take the ticks to another browser. An exercise is known by its page
// and its id, which are the same in every edition. Nothing of this is shown where the browser may not keep it.
{
  const KEY = "book-solved";
  const holder = document.getElementById("exercise-words");
  const { page, words, exercises: ofBook } = holder ? JSON.parse(holder.textContent) : {};
  const boxes = [...document.querySelectorAll("article .exercise[id]")];
  const shown = []; // what is to be done whenever a tick has changed

  const element = (name, attributes, ...children) => {
    const made = document.createElement(name);
    for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
    made.append(...children);
    return made;
  };
  const solvedOn = (name) => new Set(theBook.store.get(KEY)[name]?.labels);
  const numSolved = (name, ids) => {
    const solved = solvedOn(name);
    return ids.filter((id) => solved.has(id)).length;
  };
  const count = (number, total) => theBook.fill(words.count, number, total);
  const show = () => shown.forEach((part) => part());

  const keep = (name, labels) => {
    const { [name]: _, ...others } = theBook.store.get(KEY);
    theBook.store.set(KEY, labels.size ? { ...others, [name]: { labels: [...labels] } } : others);
  };
  const set = (id, solved) => {
    const labels = solvedOn(page);
    labels[solved ? "add" : "delete"](id);
    keep(page, labels);
    show();
  };

  const addTick = (box) => {
    const title = box.querySelector(".admonition-title");
    const label = `${words.solved}: ${title.textContent}`;
    const tick = element("button", { type: "button", class: "tick", "aria-label": label }, words.solved);
    title.after(tick);
    tick.addEventListener("click", () => set(box.id, !solvedOn(page).has(box.id)));
    shown.push(() => {
      const solved = solvedOn(page).has(box.id);
      tick.setAttribute("aria-pressed", solved);
      if (solved) title.querySelector(".verdict")?.remove();
    });
  };

  /** The verdict of an exercise's check, in live cells; what has been solved once stays so. */
  theBook.judge = (box, solved) => {
    if (solved) return set(box.id, true);
    const title = box.querySelector(".admonition-title");
    if (solvedOn(page).has(box.id) || title.querySelector(".verdict")) return undefined;
    return title.append(element("span", { class: "verdict" }, words.notYet));
  };

  /** Below the heading of the exercises: how many are solved. */
  const addCount = () => {
    const line = element("p", { class: "num-solved", role: "status" });
    const heading = boxes[0].closest("section")?.querySelector(":scope > :is(h2, h3, h4)");
    if (heading) heading.after(line);
    else boxes[0].before(line);
    const ids = boxes.map((box) => box.id);
    shown.push(() => { line.textContent = count(numSolved(page, ids), ids.length); });
  };

  /** In the table that leads to the sections: how many are solved in each, once there are any. */
  const addCounts = () => {
    for (const [name, ids] of Object.entries(ofBook)) {
      const address = new URL(`${document.documentElement.dataset.content_root ?? ""}${name}.html`, document.baseURI);
      const links = [...document.querySelectorAll("article td a[href]")];
      const link = links.find((one) => one.pathname === address.pathname && !one.hash);
      if (!link) continue;
      const line = link.parentNode.appendChild(element("span", { class: "num-solved" }));
      shown.push(() => {
        const number = numSolved(name, ids);
        line.hidden = !number;
        line.textContent = count(number, ids.length);
      });
    }
  };

  const takeOut = () => {
    const file = new Blob([JSON.stringify({ [KEY]: theBook.store.get(KEY) })], { type: "application/json" });
    const name = `book-progress-${new Date().toISOString().slice(0, 10)}.json`;
    const way = element("a", { href: URL.createObjectURL(file), download: name });
    way.click();
    setTimeout(() => URL.revokeObjectURL(way.href), 60_000); // a browser may first ask where to put it
  };

  /** Add the ticks of a file, but for what is no exercise of this book; fails when it has no others. */
  const takeIn = async (file) => {
    const given = JSON.parse(await file.text())[KEY];
    const found = Object.entries(ofBook).map(([name, ids]) => [name, ids.filter((id) => given[name]?.labels.includes(id))]);
    if (!found.some(([, labels]) => labels.length)) throw new Error("no tick");
    for (const [name, labels] of found) keep(name, new Set([...solvedOn(name), ...labels]));
  };

  const addPanel = () => {
    const total = Object.values(ofBook).flat().length;
    const number = element("p", { class: "num-solved", role: "status" });
    const told = element("p", { role: "status" });
    const button = (text, action) => {
      const made = element("button", { type: "button" }, text);
      made.addEventListener("click", action);
      return made;
    };
    const file = element("input", { type: "file", accept: ".json,application/json", hidden: "" });
    file.addEventListener("change", () => takeIn(file.files[0])
      .then(() => { told.textContent = words.imported; }, () => { told.textContent = words.notImported; })
      .then(() => { file.value = ""; show(); })); // the same file may be chosen again
    const takeAlong = button(words.export, takeOut);
    const reset = button(words.reset, () => {
      if (!confirm(words.resetAsk)) return;
      theBook.store.set(KEY, {});
      told.textContent = "";
      show();
      read.focus(); // a button that can no longer be pressed has no focus
    });
    const read = button(words.import, () => file.click());
    const title = element("p", { class: "admonition-title" }, words.progress);
    const panel = element("div", { class: "admonition goals progress", role: "group", "aria-label": words.progress },
      title, number, element("p", {}, words.about), element("p", { class: "ways" }, takeAlong, read, reset, file), told);
    const table = [...document.querySelectorAll("article .table-box")].find((box) => box.querySelector(".num-solved"));
    if (table) table.after(panel);
    else document.querySelector("article > section").append(panel);
    shown.push(() => {
      const solved = Object.entries(ofBook).reduce((sum, [name, ids]) => sum + numSolved(name, ids), 0);
      number.textContent = count(solved, total);
      takeAlong.disabled = reset.disabled = !solved;
    });
  };

  if (holder && theBook.store.allowed) {
    boxes.forEach(addTick);
    if (boxes.length) addCount();
    if (ofBook) { addCounts(); addPanel(); }
    show();
    addEventListener("storage", show); // another window has changed a tick
    addEventListener("pageshow", (event) => event.persisted && show()); // or another page, before the reader came back
  }
}
