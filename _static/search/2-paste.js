// What a reader pastes: of a traceback only the messages count, not the reader's files, code and prompts.

const ERROR = String.raw`(?:[A-Za-z_]\w*\.)*\w*(?:Error|Exception|Warning|Interrupt)`;
// A message begins with the name of its error; a warning, a test and a log have something before it on its line.
const BEGINS = new RegExp(String.raw`(?<![\w.'"])(?=${ERROR}(?:: |\s*$))`);
const MESSAGE = new RegExp(String.raw`^${ERROR}(?:: |\s*$)`);
// What stands before every line: the time, the container, the process, the mark of a test
const BEFORE = [
  /^\[?\d{4}-\d\d-\d\d[T ][\d:.,]+Z?\]? ?/,
  /^\[?\d\d:\d\d:\d\d[\d.,]*\]? ?/,
  /^[\w.-]+ +\| /,
  /^(?:\[?rank ?\d+\]?|\d+): /,
  /^(?:ERROR|WARNING|INFO|CRITICAL)\b:? ?/,
  /^E {2,}/,
];
const FRAMES = [
  /^\s*File\s.+(?:\bline \d+|:\d+)/, // Python, and new IPython
  /^\s*(?:Cell |Input )?In ?\[\d+\]/, // a cell, or its prompt
  /^\s*<ipython-input-/,
  /^\s*(?:~|\.{0,2}|[A-Z]:)[\\/]\S/, // a path
  /^\s*\S+\.py(?::\d+|\s+in\s)/, // pytest, old IPython
  /^\s*frame #\d+/, // C++
];
const NOISE = [
  /^[\s\-=_*~^>]*$/, // rules and carets
  /Traceback \(most recent call last\)|most recent call first/,
  /^\s*(?:During handling of|The above exception was)/,
  /^\s*-+>/, // the arrow at a line of code
  /^\s*(?:>>>|\.\.\.)\s/,
  /^\s*(?:\d+ frames?|\[\.\.\. skipping .*|\(\.\.\.\))\s*$/,
  /^\s*(?:\(\S+\)\s*)?\w+@[\w.-]+[:~].*[$#%]/, // a shell's prompt
];
const NUMBERED = /^\s*\d+(?:\s|$)/; // a line of code as notebooks show it
const ENDS = /Traceback|^\s*(?:During|The above)/; // of what a message consists of
const VARIABLE = [
  /\(Triggered internally at [^)]*\)/g,
  /(?:[A-Z]:|~|\.{1,2})?[\\/][\w.-]+(?:[\\/][\w.-]+)+/g, // a path
];
const LONGEST = 20_000;

/** The lines of a paste; ⏎ stands for the end of a line in a field that holds only one. */
const linesOf = (text) => text.slice(-LONGEST)
  .replace(/\x1b?\[\d+(?:;\d+)*m/g, "") // colours of a terminal
  .split(/\r\n?|\n| ?⏎ ?| +(?=File "[^"]+", line \d)/) // the last: a traceback that has lost the ends of its lines
  .map((line) => {
    for (let rest = ""; rest !== line;) [rest, line] = [line, BEFORE.reduce((left, mark) => left.replace(mark, ""), line)];
    return line;
  })
  .flatMap((line) => line.split(BEGINS));

const matches = (forms, line) => forms.some((form) => form.test(line));

/** The messages of a paste, the last one first; of a text that names no error, what is not a frame. */
const messagesOf = (text) => {
  const messages = [];
  const others = [];
  let open = false; // whether a message goes on
  let frame = false; // whether code of a frame comes
  for (const line of linesOf(text)) {
    if (MESSAGE.test(line)) {
      messages.unshift(line);
      [open, frame] = [true, false];
    } else if (matches(FRAMES, line)) [open, frame] = [false, true];
    else if (matches(NOISE, line)) open &&= !ENDS.test(line);
    else if (open) messages[0] += `\n${line}`;
    else if (!NUMBERED.test(line) && !(frame && line.startsWith("    "))) others.push(line);
  }
  if (!messages.length) messages.push(others.join("\n") || text);
  return messages.map((message) => VARIABLE.reduce((left, form) => left.replace(form, " "), message));
};

/** A message without the name of its error, unless it has nothing else. */
const withoutName = (message) => message.replace(MESSAGE, "").trim() || message;
