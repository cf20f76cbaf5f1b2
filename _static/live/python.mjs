// The Python process behind a page, by way of thebe-core, which is loaded with the first cell that is run.

function script(name) {
  return new Promise((resolve, reject) => {
    const element = document.createElement("script");
    element.src = new URL(name, import.meta.url);
    element.onload = resolve;
    element.onerror = reject;
    document.head.append(element);
  });
}

/** What a page shows of an error. IPython gives its traceback in parts, one a frame, and the error behind them.
 *  A frame of a file is no line of the reader's; of an error that the page announces, the book shows no frames. */
function shown({ ename, traceback }, announced) {
  const starts = (word) => (part) => part.replace(/\x1b\[[0-9;]*m/g, "").startsWith(word);
  const last = traceback.findLastIndex(starts(ename));
  if (!announced || last < 0) return traceback.filter((part) => !starts("File ")(part));
  return [traceback[last].replace(/: $/, ""), ...traceback.slice(last + 1)];
}

const MOST = 200_000; // letters that one run may show on the page, some four thousand lines
const EACH = 100; // letters that count for an output as such, which has elements of its own
const OF_PICTURE = 100; // letters of a picture that weigh as much as one of a text

/** How much an output weighs on a page, in letters. Of its forms only one is shown. */
const weight = (data) => Math.max(0, ...Object.entries(data).map(([type, value]) =>
  (value?.length ?? 0) / (type.startsWith("image/") ? OF_PICTURE : 1)));

/** Starts on first use. `tell` is called with what happens: starting, ready, busy, restarting, died, lost, gone. */
export class Python {
  #connection; #tell; #started; #server; #session; #rendermime; #config; #fail;
  #beyond; #printed = 0; // what is said where the outputs of a cell are cut off; their letters so far
  #announced = false; // whether the page says that the cell that runs will fail
  #running = false; // whether it has code to run: a loop in C may keep the process from saying that it is busy
  exits = false; // whether the cell that has run last has asked the process to end
  #process = null; #past = new Set(); // the names that a process gives to its messages: of this one, of those before it

  constructor(connection, tell, beyond) {
    this.#connection = connection;
    this.#beyond = beyond;
    this.#tell = tell;
  }

  /** Connect and start a process, once; rejects when the server does not answer or does not know us. */
  start() {
    this.#started ??= this.#start().catch((problem) => {
      this.#started = null;
      this.#tell("gone");
      throw problem;
    });
    return this.#started;
  }

  async #start() {
    this.#tell("starting");
    if (!window.thebeCore) await script("thebe-core.min.mjs");
    const { api } = window.thebeCore;
    const { token, binder } = this.#connection;
    const [, repo, ref] = /^([^/]+\/[^/]+)\/(.+)$/.exec(binder ?? "") ?? [];
    this.#config = api.makeConfiguration({
      serverSettings: { baseUrl: `${location.origin}/`, wsUrl: `${location.origin.replace("http", "ws")}/`, token: token ?? "" },
      binderOptions: { repo, ref },
      savedSessionOptions: { enabled: Boolean(binder) },
      kernelOptions: { kernelName: "python3", path: `/page-${Date.now()}.ipynb` }, // a process for each visit of a page
    });
    this.#rendermime = api.makeRenderMimeRegistry({ mathjaxUrl: "", mathjaxConfig: "" });
    for (const type of ["application/json", "application/javascript"]) this.#rendermime.removeMimeType(type);
    this.#rendermime.sanitizer.setAutolink(false); // looking for links in a long word takes time by its square
    this.#server = api.makeServer(this.#config);
    if (!binder && !(await this.#server.check())) throw new Error("The server does not accept the token.");
    if (binder) this.#server.connectToServerViaBinder();
    else this.#server.connectToJupyterServer();
    await this.#server.ready;
    await this.#open();
  }

  async #open() {
    this.#forget();
    this.#session = await this.#server.startNewSession(this.#rendermime);
    const { kernel } = this.#session;
    kernel.anyMessage.connect((_, { msg, direction }) => {
      if (direction !== "recv") return;
      this.#listen(msg, kernel.clientId);
      if (msg.header.msg_type === "error") msg.content.traceback = shown(msg.content, this.#announced);
      if (msg.channel === "iopub") this.#shorten(msg);
      if (msg.content.payload?.some(({ source, keepkernel }) => source === "ask_exit" && !keepkernel)) this.exits = true;
    });
    kernel.statusChanged.connect((_, status) => {
      if (status === "dead") { this.#started = null; this.#died(); } // the next cell starts another
      if (status === "busy") this.#tell("busy");
      if (status === "idle" && !this.#running) this.#tell("ready");
    });
    kernel.connectionStatusChanged.connect((_, status) => {
      if (status === "connecting") this.#tell("lost");
      if (status === "connected") this.#tell(this.#running ? "busy" : "ready");
      if (status === "disconnected" && this.#started) { this.#started = null; this.#tell("gone"); this.#fail?.(); } // not dead
    });
    await kernel.info; // it answers
    this.#tell("ready");
  }

  /** Notice a process that has died: the server says so, but the page may not hear it, and the next process may speak
   *  first. Messages of a process before that are still on their way say nothing new. */
  #listen({ header, content }, own) {
    if (header.session === own) { // the server's own words bear the page's name
      if (header.msg_type === "status" && content.execution_state === "restarting") this.#died();
    } else if (!this.#past.has(header.session)) {
      if (this.#process && header.session !== this.#process) this.#died();
      this.#process = header.session;
    }
  }

  /** Leave out what is more than a page can hold: it would answer no click any more, least of all one on Interrupt. */
  #shorten({ header, content }) {
    const kind = header.msg_type;
    const cut = (text, room) => `${text.slice(0, room)}\n${this.#beyond}\n`;
    if (kind === "clear_output") this.#printed = 0;
    if (kind === "error") // said in any case
      content.traceback = content.traceback.map((part) => part.length > MOST / 10 ? cut(part, MOST / 10) : part);
    if (kind !== "stream" && !content.data) return;
    const room = kind === "update_display_data" ? MOST : MOST - this.#printed; // it stands in another's place
    const more = kind === "stream" ? content.text.length : EACH + weight(content.data);
    if (kind !== "update_display_data") this.#printed += more;
    if (more <= room) return;
    if (room < 0) header.msg_type = "beyond"; // a kind that nobody listens to
    else if (kind === "stream") content.text = cut(content.text, room);
    else content.data = { "text/plain": cut(content.data["text/plain"] ?? "", room) };
  }

  #died() {
    this.#forget();
    this.#tell("died");
    this.#fail?.();
  }

  #forget() {
    if (this.#process) this.#past.add(this.#process);
    this.#process = null;
  }

  /** A place for outputs inside `element`. */
  outputs(element) {
    const { ThebeCodeCell } = window.thebeCore.module;
    const cell = new ThebeCodeCell(`cell-${Math.random()}`, "page", "", this.#config, {}, this.#rendermime);
    cell.attachToDOM(element);
    return cell;
  }

  /** Run code; returns its outputs as notebooks keep them, or null when the process ended meanwhile. */
  async run(cell, code, announced) {
    this.#announced = announced;
    this.#printed = 0;
    this.exits = false;
    cell.attachSession(this.#session);
    this.#fail = () => cell.area.future?.dispose();
    await this.#answer();
    this.#running = true;
    this.#tell("busy");
    const whole = await cell.execute(code).finally(() => { this.#running = false; });
    if (whole) {
      this.#tell("ready");
      return cell.outputs;
    }
    cell.clear(); // thebe-core's advice
    return null;
  }

  /** Wait until the process has said something: what is asked while one starts in the place of another can be lost. */
  async #answer() {
    const { kernel } = this.#session;
    for (let second = 0; !this.#process && second < 30; second++) {
      await Promise.race([kernel.requestKernelInfo().catch(() => {}), new Promise((done) => setTimeout(done, 1000))]);
    }
  }

  interrupt() { return this.#session?.kernel?.interrupt(); }

  async restart() {
    if (!this.#started) return;
    this.#tell("restarting");
    this.#forget();
    await this.#session.restart();
    this.#tell("ready");
  }

  /** The page is left: its process is of no use any more. */
  end() {
    if (!this.#session || this.#connection.binder) return;
    const { baseUrl, token } = this.#server.settings;
    fetch(`${baseUrl}api/sessions/${this.#session.id}`,
      { method: "DELETE", keepalive: true, headers: { Authorization: `token ${token}` } }).catch(() => {});
  }
}
