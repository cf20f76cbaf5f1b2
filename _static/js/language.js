// The language switch: keep the place on the page, and remember the choice for the start page only.
for (const link of document.querySelectorAll("a[data-language]")) {
  link.addEventListener("click", () => {
    try { localStorage.setItem("book-language", link.dataset.language); } catch { /* storage may be forbidden */ }
    const place = [...document.querySelectorAll("article section[id]")].filter(
      (section) => section.getBoundingClientRect().top < 120).pop();
    // Ids of headings differ between languages; the labels that authors gave them do not.
    const anchor = place && (place.querySelector(":scope > span[id]") || place);
    if (anchor) link.hash = anchor.id;
  });
}
