// A long page comes piece by piece. Its first sections are there at once; the others are laid out one after the other, so
// that no key, click or scroll has to wait for the whole page. Until then their heights are guesses, so everything comes at
// once where heights matter: an address with a place in it, a way back, a click, a key, a scroll, paper (`FIRST_SCRIPT` of
// book/render/layout.py begins it where nothing is asked for; the rule is in _static/css/2-layout.css).
{
  const root = document.documentElement;
  const late = "article > section > section:nth-of-type(n + 3)";
  const waiting = "waits" in root.dataset ? [...document.querySelectorAll(`${late}, ${late} > section`)] : [];
  const end = () => {
    delete root.dataset.waits;
    for (const section of waiting.splice(0)) section.style.contentVisibility = "";
  };
  const some = (number = 0) => {
    if (!("waits" in root.dataset)) return;
    for (const start = performance.now(); performance.now() < start + 8 && number < waiting.length; number++) { // ms
      waiting[number].style.contentVisibility = "visible";
      waiting[number].getBoundingClientRect(); // now, and not together with those that follow
    }
    if (number === waiting.length) end();
    else setTimeout(some, 0, number);
  };
  for (const event of ["pointerdown", "click", "keydown", "wheel", "scroll", "hashchange", "beforeprint"]) {
    addEventListener(event, end, { capture: true, once: true, passive: true });
  }
  addEventListener("load", () => setTimeout(some));
}
