// The field in the bar holds one line. Of what is pasted there the ends of the lines are kept as ⏎, from which the search
// page makes lines again. What is too long for servers goes behind the # of the address, which they never see.
{
  const field = document.querySelector(".top .search input");
  field?.addEventListener("paste", (event) => {
    const text = event.clipboardData.getData("text").trim();
    if (!/[\r\n]/.test(text)) return;
    event.preventDefault();
    field.setRangeText(text.replace(/\r\n?|\n/g, " ⏎ "), field.selectionStart, field.selectionEnd, "end");
  });
  field?.form.addEventListener("submit", (event) => {
    const query = encodeURIComponent(field.value.slice(-20_000)); // the message is at the end
    if (query.length <= 2000) return;
    event.preventDefault();
    location.href = `${field.form.action}#q=${query}`;
  });
}
