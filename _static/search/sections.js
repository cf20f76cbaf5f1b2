// Results lead to sections: the index holds each section under the name "page#anchor" (book/render/search.py).
const pages = Search._performSearch;
Search._performSearch = (...query) => {
  const found = new Map(); // a section may be found by its title and by its text: the better one stays, they are last
  for (const [name, title, , , score, file] of pages(...query)) {
    const [page, anchor] = name.split("#");
    found.delete(name);
    found.set(name, [page, title, anchor ? `#${anchor}` : "", null, score, file]);
  }
  return [...found.values()];
};
// From disk a page may not read other pages, so there are no excerpts.
DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = location.protocol !== "file:";
// An excerpt is of the section's own text.
const excerpt = Search.htmlToText;
Search.htmlToText = (html, anchor) => excerpt(html.replace(/<p class="to-errors">.*?<\/p>/g, " "), anchor);
