// Live cells: buttons, editor and outputs of the cells of a page, which all run in one Python process.
import { Python } from "./python.mjs";

let page, words, store, judge, fill, python, bar;
let cells = [], queue = [], busy = false, alone = false, patience;

function element(tag, attributes = {}, ...children) {
  const made = Object.assign(document.createElement(tag), attributes);
  made.append(...children);
  return made;
}

const button = (text, action, className = "") => {
  const made = element("button", { type: "button", className }, text);
  made.addEventListener("click", action);
  return made;
};

/** Called by js/live.js. Without a connection the page only says how to get one. */
export async function start(given) {
  ({ page, store, judge, fill } = given);
  words = await (await fetch(new URL("words.json", import.meta.url))).json();
  document.head.append(element("link", { rel: "stylesheet", href: new URL("live.css", import.meta.url) }));
  bar = new Bar(given.connection);
  if (!given.connection) return bar.say("gone");
  python = new Python(given.connection, heard, words.beyond);
  const edits = store.get(`book-edits:${page}`);
  cells = [...document.querySelectorAll("article .cell")].filter((root) => root.querySelector(".cell_input pre"))
    .map((root, number) => new Cell(root, number, edits));
  for (const cell of cells) cell.hideOldVerdict();
  addEventListener("pagehide", (event) => event.persisted || python.end());
}

/** What the Python process tells. */
function heard(event) {
  // A process that has died is soon ready again: that it has, is said until the reader goes on.
  if (bar.state === "died" && ["ready", "busy", "lost"].includes(event)) return;
  if (["died", "restarting", "gone"].includes(event)) {
    queue = [];
    for (const cell of cells) cell.forget(event);
  }
  bar.say(event);
}

/** The line at the bottom of the window: state of the process, and what concerns the whole page. */
class Bar {
  constructor(connection) {
    this.text = element("span", { className: "live-state" });
    this.text.setAttribute("role", "status");
    const device = element("span", { className: "live-device" }, connection?.device ?? "");
    const keys = element("span", { className: "live-keys" }, words.keys);
    this.stop = button(words.interrupt, interrupt);
    this.box = element("div", { className: "live-bar" }, this.text, device, keys);
    this.box.setAttribute("role", "region");
    this.box.setAttribute("aria-label", words.bar);
    if (connection) this.box.append(button(words.runAll, () => run(cells)), this.stop, button(words.restart, restart));
    document.body.append(this.box);
    document.body.classList.add("is-live");
    this.say("idle");
  }

  say(state) {
    this.state = this.box.dataset.state = state;
    this.text.textContent = words.states[state];
    this.stop.disabled = !busy;
  }
}

async function restart() {
  await interrupt();
  clearTimeout(patience);
  await python.restart().catch(() => heard("gone"));
}

async function interrupt() {
  for (const cell of queue.splice(0)) cell.show("");
  if (!busy) return;
  clearTimeout(patience);
  patience = setTimeout(() => bar.state === "busy" && bar.say("stuck"), 3000);
  await python.interrupt()?.catch(() => heard("gone"));
}

/** Run cells one after another; an error that the page does not announce ends it. Solutions are the reader's to run. */
async function run(wanted) {
  const list = wanted.length > 1 ? wanted.filter((cell) => !cell.isSolution) : wanted;
  for (const cell of list.filter((cell) => !queue.includes(cell))) {
    queue.push(cell);
    cell.show("waiting");
    cell.offer.textContent = "";
  }
  if (busy) return;
  busy = true;
  bar.say(bar.state === "died" ? "starting" : bar.state);
  try {
    await python.start();
    while (queue.length) {
      if (!(await queue.shift().run())) for (const cell of queue.splice(0)) cell.show("");
    }
  } catch (problem) {
    console.error(problem);
    for (const cell of queue.splice(0)) cell.show("");
  }
  busy = false;
  bar.say(bar.state);
}

const isAbove = (part) => part.getBoundingClientRect().top < parseFloat(getComputedStyle(part).scrollMarginTop) - 1;

const isInSight = (part) => {
  const { top, bottom } = part.getBoundingClientRect();
  return bottom > 0 && top < innerHeight;
};

class Cell {
  constructor(root, number, edits) {
    Object.assign(this, { root, number, ran: false });
    this.pre = root.querySelector(".cell_input pre");
    this.original = this.code = this.pre.textContent.replace(/\n$/, "");
    this.isSolution = Boolean(root.closest(".solution"));
    this.state = element("span", { className: "live-state" });
    this.state.setAttribute("role", "status");
    this.runButton = button(words.run, () => this.ask(), "live-run");
    this.runButton.setAttribute("aria-label", fill(words.runCell, number + 1));
    this.resetButton = button(words.reset, () => this.reset(), "live-more");
    this.offer = element("span", { className: "live-choice" });
    this.tools = element("div", { className: "live-tools" }, this.runButton,
      button(words.edit, () => this.edit(), "live-more"),
      button(words.runToHere, () => run(cells.slice(0, number + 1)), "live-more"), this.resetButton, this.offer, this.state);
    let above = this.pre; // a hidden input lies in a <details>: the buttons stay outside
    while (above.parentNode !== root) above = above.parentNode;
    above.after(this.tools);
    this.pre.addEventListener("click", (event) => getSelection().isCollapsed && this.edit(event));
    root.addEventListener("keydown", (event) => this.key(event), { capture: true }); // before the editor's own keys
    if (edits[this.original] !== undefined) { this.code = edits[this.original]; this.edit(null); }
    this.show("");
  }

  /** Where a check has found the reader's answer right before the page was loaded anew: not what it says of the book's. */
  hideOldVerdict() {
    const exercise = this.root.closest(".exercise[id]");
    const isSolved = exercise?.querySelector(".tick")?.ariaPressed === "true";
    const isEdited = cells.some((cell) => cell.code !== cell.original && cell.root.closest(".exercise[id]") === exercise);
    if (isSolved && isEdited && this.root.classList.contains("tag_check")) this.root.classList.add("has-own-output");
  }

  /** As in Jupyter: Shift+Enter runs the cell and goes on to the next, Ctrl+Enter runs it and stays. */
  key(event) {
    const stays = event.ctrlKey || event.metaKey;
    if (event.key !== "Enter" || event.altKey || event.isComposing || stays === event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.repeat) return;
    if (!isInSight(this.pre.parentNode)) { // not what the reader does not see: the text before it comes first
      this.edit();
      if (!this.isWaiting && !this.ran) this.show("unseen");
    } else this.ask(() => stays || this.next()?.edit({ after: this.tools }));
  }

  /** Whether it runs, or will when those before it have. */
  get isWaiting() {
    return ["waiting", "running"].includes(this.root.dataset.live);
  }

  /** The next cell whose code is to be seen: not that of a solution that is folded. */
  next() {
    return cells.slice(this.number + 1).find((cell) => cell.pre.parentNode.checkVisibility());
  }

  /** Run this cell, and do what comes `then`; when cells above have not run yet, ask first what to do about them. */
  ask(then = () => {}) {
    const missing = cells.slice(0, this.number).filter((cell) => !cell.ran && !cell.isSolution && !cell.isWaiting);
    if (alone || !missing.length) { run([this]); return then(); }
    const choose = (list) => { this.offer.textContent = ""; this.runButton.focus(); run(list); then(); };
    this.offer.replaceChildren(words.notRun, " ", button(fill(words.runAbove, missing.length), () => choose([...missing, this])),
      button(words.onlyThis, () => { alone = true; choose([this]); }));
    this.offer.querySelector("button").focus();
  }

  /** Returns whether what follows may run. */
  async run() {
    if (!this.output) {
      this.box = element("div", { className: "cell_output live-output" });
      this.box.setAttribute("role", "group");
      this.box.setAttribute("aria-label", words.yours);
      this.tools.after(this.box);
      this.output = python.outputs(this.box);
    }
    this.root.classList.add("has-own-output");
    this.show("running");
    const started = performance.now();
    const mayFail = this.root.classList.contains("tag_raises-exception");
    const outputs = await python.run(this.output, this.code, mayFail && this.code === this.original);
    clearTimeout(patience); // an interrupt has come through
    if (!outputs) {
      if (this.root.dataset.live === "running") this.show("died");
      return false;
    }
    const failed = outputs.some((output) => output.output_type === "error");
    this.ran = true;
    this.exits = python.exits;
    this.show(failed ? "failed" : "done", (performance.now() - started) / 1000);
    this.root.classList.toggle("is-empty", !outputs.length);
    this.root.classList.toggle("has-error", failed);
    if (this.box.scrollHeight > this.box.clientHeight) this.box.tabIndex = 0; // the keyboard scrolls it
    else this.box.removeAttribute("tabindex");
    if (failed && this.root.contains(document.activeElement)) this.box.scrollIntoView({ block: "nearest" });
    const exercise = this.root.closest(".exercise[id]");
    if (exercise && this.root.classList.contains("tag_check") && !this.isSolution) {
      const printed = outputs.map((output) => [output.text ?? ""].flat().join("")).join("");
      const solved = /^✓/m.test(printed) && !/^✗/m.test(printed); // in every language
      this.root.classList.toggle("not-yet", !solved);
      judge(exercise, solved);
    }
    return !failed || mayFail;
  }

  show(state, seconds) {
    this.root.dataset.live = state;
    const digits = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
    const time = seconds?.toLocaleString(document.documentElement.lang, digits);  // 0,1 in Portuguese
    this.state.textContent = state && fill(words.cell[state], time);
    this.resetButton.hidden = this.code === this.original && !this.output;
  }

  /** The process has gone, and with it all that this cell defined. */
  forget(event) {
    const lost = this.root.dataset.live === "running" || (this.exits && event === "died");
    this.ran = this.exits = false;
    this.show(lost ? (event === "restarting" ? "stopped" : "died") : "");
  }

  /** Put the editor in the place of the code, the cursor where the reader clicked; null leaves the focus alone. `after`:
   * what the page is not scrolled beyond. */
  async edit(event = {}) {
    this.editor ??= import("./editor.min.mjs").then((module) => {
      const place = element("div", { className: "live-editor" });
      const { fontSize, fontFamily, lineHeight, padding } = getComputedStyle(this.pre);
      Object.assign(place.style, { fontSize, fontFamily, lineHeight, padding });
      this.pre.after(place);
      this.pre.hidden = true;
      return module.edit(place, {
        code: this.code,
        label: fill(words.code, this.number + 1),
        leave: () => this.runButton.focus(),
        changed: (code) => this.keep(code),
      });
    });
    const editor = await this.editor;
    if (event === null) return;
    editor.focus();
    this.pre.parentNode.scrollIntoView({ block: "nearest" });
    if (event.after && isAbove(event.after)) event.after.scrollIntoView({ block: "start" }); // its output stays in sight
    if (event.clientX) editor.place(event.clientX, event.clientY);
  }

  /** Keep an edit for the next visit, by the book's text: an edit of a text that the book has changed is left out. */
  keep(code) {
    this.code = code;
    const edits = store.get(`book-edits:${page}`);
    if (code === this.original) delete edits[this.original];
    else edits[this.original] = code;
    store.set(`book-edits:${page}`, edits);
    this.resetButton.hidden = code === this.original && !this.output;
  }

  /** The book's text and outputs again. */
  async reset() {
    (await this.editor)?.set(this.original);
    this.keep(this.original);
    this.box?.remove();
    this.output = this.box = null;
    this.root.classList.remove("has-own-output", "has-error", "is-empty", "not-yet");
    this.show("");
    this.runButton.focus();
  }
}
