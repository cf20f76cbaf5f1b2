// What follows the reader down the page: the current place in the contents, and boxes that scroll by keyboard.
{
  const links = new Map([...document.querySelectorAll("#page-toc a")].map((link) => [link.hash.slice(1), link]));
  const sections = [...document.querySelectorAll("article section[id]")].filter((section) => links.has(section.id));
  let current = null;
  const mark = () => {
    const near = (section) => section.getBoundingClientRect().top < innerHeight / 3;
    // the place that was asked for, as long as it is in sight there: the next heading may follow it closely
    const asked = sections.find(({ id }) => location.hash === `#${id}`);
    const there = asked && near(asked) && asked.getBoundingClientRect().top >= 0;
    const link = links.get((there ? asked : sections.filter(near).at(-1))?.id);
    if (link === current) return;
    current?.removeAttribute("aria-current");
    link?.setAttribute("aria-current", "location");
    if (link && getComputedStyle(link).position !== "fixed") {
      const list = document.getElementById("page-toc");
      const top = link.offsetTop - list.clientHeight / 2;
      // not under the pointer of a reader who is about to click
      if (list.scrollHeight > list.clientHeight && !list.matches(":hover")) list.scrollTop = top;
    }
    current = link;
  };
  let waiting = false;
  const markSoon = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; mark(); });
  };
  addEventListener("scroll", markSoon, { passive: true });
  addEventListener("hashchange", markSoon);

  // Code and tables that are wider than their box scroll inside it; the keyboard must reach them.
  const reach = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
    }
  });
  const boxes = "article pre:not(.scrolls pre), .table-box, article div.math, .output.text_html:not(.scrolls *)";
  for (const box of document.querySelectorAll(boxes)) reach.observe(box);

  // A link from the contents closes the panel that it is in.
  for (const panel of document.querySelectorAll("nav[popover]")) {
    panel.addEventListener("toggle", ({ newState }) => { // at the current place, not at its top
      const link = panel.querySelector("a[aria-current]");
      if (newState === "open" && link) panel.scrollTop = link.offsetTop - panel.clientHeight / 2;
    });
    panel.addEventListener("click", ({ target }) => {
      if (target.closest("a") && panel.matches(":popover-open")) panel.hidePopover();
    });
  }
  // "/" and Ctrl+K lead to the search.
  addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, [contenteditable]");
    if ((event.key === "/" && !typing && !event.ctrlKey) || (event.key === "k" && (event.ctrlKey || event.metaKey))) {
      const field = document.getElementById("search");
      event.preventDefault();
      if (field.checkVisibility()) field.focus();
      else location.href = field.form.action; // a narrow bar has no room for the field
    }
  });
}
