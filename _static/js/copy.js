// A button on each code cell that copies its code, and nothing of its output.
{
  const words = document.getElementById("words").dataset;
  const button = document.createElement("button");
  button.className = "copy";
  button.setAttribute("aria-label", words.copy);
  button.title = words.copy;
  const shapes = {
    copy: '<rect x="8.5" y="8.5" width="11" height="12" rx="2"/><path d="M15.5 5.5v-.5a2 2 0 0 0-2-2h-7a2 2 0 0 0-2 2v9a2 2 0 0 0 2 2h.5"/>',
    copied: '<path d="m5 13 4.5 4.5L19 7"/>',
  };
  button.innerHTML = `<svg class="icon" aria-hidden="true" viewBox="0 0 24 24">${shapes.copy}</svg>`;
  const near = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      target.append(button.cloneNode(true));
    }
  }, { rootMargin: "300px" });
  const frames = document.querySelectorAll("article div.highlight:not(.output)");
  for (const frame of frames) near.observe(frame);
  document.addEventListener("click", async ({ target }) => {
    const pressed = target.closest(".copy");
    if (!pressed) return;
    const code = pressed.parentElement.querySelector("pre").cloneNode(true);
    for (const number of code.querySelectorAll(".linenos")) number.remove();
    await navigator.clipboard.writeText(code.textContent.trimEnd());
    const show = (state) => {
      pressed.querySelector("svg").innerHTML = shapes[state];
      pressed.setAttribute("aria-label", words[state]);
    };
    show("copied");
    setTimeout(show, 2000, "copy");
  });
}
