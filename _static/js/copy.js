// A button on each code cell that copies its code, and nothing of its output.
{
  const words = document.getElementById("words").dataset;
  const button = document.createElement("button");
  button.className = "copy";
  button.setAttribute("aria-label", words.copy);
  button.title = words.copy;
  button.innerHTML = '<svg class="icon" aria-hidden="true"><use href="#i-copy"/></svg>';
  const near = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      target.append(button.cloneNode(true));
    }
  }, { rootMargin: "300px" });
  const frames = document.querySelectorAll(".cell_input .highlight, article .highlight:not(.cell .highlight)");
  for (const frame of frames) near.observe(frame);
  document.addEventListener("click", async ({ target }) => {
    const pressed = target.closest(".copy");
    if (!pressed) return;
    await navigator.clipboard.writeText(pressed.parentElement.querySelector("pre").textContent.trimEnd());
    const mark = (name, label) => {
      pressed.querySelector("use").setAttribute("href", name);
      pressed.setAttribute("aria-label", label);
    };
    mark("#i-done", words.copied);
    setTimeout(() => mark("#i-copy", words.copy), 2000);
  });
}
