// From the site's root to the first page, in the language that the reader chose last.
{
  const { page, paths } = document.currentScript.dataset;
  let chosen = null;
  try { chosen = localStorage.getItem("book-language"); } catch { /* storage may be forbidden */ }
  if (page) location.replace((JSON.parse(paths)[chosen] ?? "") + page);
}
