// The field in the bar holds one line. Of what is pasted there the ends of the lines are kept as ⏎, from which the search
// page makes lines again; what is too long for an address goes behind its #.
{
  const field = document.querySelector(".top .search input");
  field?.addEventListener("paste", (event) => {
    const text = event.clipboardData.getData("text").trim();
    if (!/[\r\n]/.test(text)) return;
    event.preventDefault();
    field.setRangeText(text.replace(/\r\n?|\n/g, " ⏎ "), field.selectionStart, field.selectionEnd, "end");
  });
  field?.form.addEventListener("submit", (event) => {
    const query = encodeURIComponent(field.value);
    if (query.length <= 2000) return;
    event.preventDefault();
    location.href = `${field.form.action}#q=${query}`;
  });
}
