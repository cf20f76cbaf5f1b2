// Ways to the places of a page, made here so that the page itself is smaller: a link at each heading, figure, numbered
// formula and exercise, and the smaller headings in the contents.
{
  const words = document.getElementById("words").dataset;
  for (const heading of document.querySelectorAll("article :is(h2, h3, h4, figcaption, .eqno, .exercise > .admonition-title)")) {
    const place = heading.closest("section[id], figure[id], .math[id], .exercise[id]");
    if (!place) continue;
    const link = document.createElement("a");
    link.className = "headerlink";
    link.href = `#${place.id}`;
    link.title = words.link;
    link.textContent = "#";
    link.tabIndex = -1; // for the mouse: the keyboard and screen readers have the contents
    link.setAttribute("aria-hidden", true);
    heading.append(link);
  }

  for (const link of document.querySelectorAll("#page-toc a")) {
    const parts = document.getElementById(link.hash.slice(1))?.querySelectorAll(":scope > section[id]") ?? [];
    if (!parts.length) continue;
    const list = document.createElement("ul");
    for (const part of parts) {
      const entry = document.createElement("li");
      const way = document.createElement("a");
      way.href = `#${part.id}`;
      way.append(...part.querySelector("h3").cloneNode(true).childNodes);
      way.querySelector(".headerlink").remove();
      entry.append(way);
      list.append(entry);
    }
    link.after(list);
  }

  // A link to a folded place, such as a solution, opens it.
  const unfold = () => {
    let place = null;
    try { place = document.getElementById(decodeURIComponent(location.hash.slice(1))); } catch { /* no place is called so */ }
    for (let box = place?.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
  };
  addEventListener("hashchange", unfold);
  unfold();
}

// The font of the formulas, after the first paint: where a formula stands high on a page, its font would delay the text.
// The page knows the font from the start: one that is added later has the browser lay out everything anew.
addEventListener("load", () => requestAnimationFrame(() => requestAnimationFrame(() => {
  document.documentElement.dataset.formulas = "set";
})));
