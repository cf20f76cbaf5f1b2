// The language switch: keep the place on the page, and remember the choice for the start page only.
for (const link of document.querySelectorAll("a[data-language]")) {
  link.addEventListener("click", () => {
    try { localStorage.setItem("book-language", link.dataset.language); } catch { /* storage may be forbidden */ }
    const place = [...document.querySelectorAll("article section[id]")].filter(
      (section) => section.getBoundingClientRect().top < 120).pop();
    if (place) link.hash = place.id; // the same in all languages
  });
}
