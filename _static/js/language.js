// The language switch: keep the place on the page, and remember the choice for the start page only.
{
  const KEPT = "book-place"; // the section that is read, which of its blocks is below the bar, how far it is read
  const BLOCKS = "p, li, h2, h3, h4, .cell, figure, table, div.math"; // the same in all languages
  const bar = () => document.querySelector("header").offsetHeight;
  const below = (elements) => {
    const end = bar() + 40;
    return elements.findLastIndex((one) => one.checkVisibility() && one.getBoundingClientRect().top < end);
  };
  for (const link of document.querySelectorAll("a[data-language]")) {
    link.addEventListener("click", () => {
      const sections = [...document.querySelectorAll("article section[id]")];
      const place = sections[below(sections)];
      if (place) link.hash = place.id; // its label is the same, too
      else Object.assign(link, { search: location.search, hash: location.hash }); // what was searched for
      try {
        localStorage.setItem("book-language", link.dataset.language);
        const blocks = [...place?.querySelectorAll(BLOCKS) ?? []], number = below(blocks);
        if (number < 0) return;
        const { top, height } = blocks[number].getBoundingClientRect();
        sessionStorage.setItem(KEPT, JSON.stringify([place.id, number, (bar() - top) / height]));
      } catch { /* storage may be forbidden */ }
    });
  }
  addEventListener("load", () => {
    try {
      const [id, number, read] = JSON.parse(sessionStorage.getItem(KEPT)) ?? [];
      sessionStorage.removeItem(KEPT);
      if (!id || location.hash !== `#${id}`) return;
      const { top, height } = document.getElementById(id).querySelectorAll(BLOCKS)[number].getBoundingClientRect();
      scrollBy(0, top + read * height - bar());
    } catch { /* as above */ }
  });
}
