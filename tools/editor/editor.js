// The editor of a live cell: CodeMirror with just what a cell of Python needs. Bundled by build.js into _static/live/.
import { EditorView, keymap, drawSelection } from "@codemirror/view";
import { EditorState, Prec } from "@codemirror/state";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { HighlightStyle, bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { pythonLanguage } from "@codemirror/lang-python";
import { tags } from "@lezer/highlight";

// Pygments' names of classes, so that edited code has the colours of the page's style sheet in both themes.
const pygments = HighlightStyle.define([
  { tag: [tags.keyword, tags.controlKeyword, tags.definitionKeyword, tags.self], class: "k" },
  { tag: [tags.moduleKeyword], class: "kn" },
  { tag: [tags.bool, tags.null], class: "kc" },
  { tag: [tags.operatorKeyword], class: "ow" },
  { tag: [tags.operator, tags.arithmeticOperator, tags.compareOperator, tags.definitionOperator], class: "o" },
  { tag: [tags.string, tags.special(tags.string)], class: "s2" },
  { tag: [tags.escape], class: "se" },
  { tag: [tags.number], class: "mi" },
  { tag: [tags.comment, tags.lineComment], class: "c1" },
  { tag: [tags.function(tags.definition(tags.variableName))], class: "nf" },
  { tag: [tags.definition(tags.className), tags.className], class: "nc" },
  { tag: [tags.meta], class: "nd" },
]);

/** An editor of `code` inside `parent`. `run` and `leave` are called by Shift+Enter and Escape, `changed` with the code.
 *  Tab indents; Escape leaves the editor, so that the keyboard does not get caught in it. */
export function edit(parent, { code, label, run, leave, changed }) {
  const does = (action) => () => (action(), true);
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: code,
      extensions: [
        Prec.highest(keymap.of([
          { key: "Shift-Enter", run: does(run) },
          { key: "Escape", run: does(leave) },
        ])),
        history(),
        drawSelection(),
        indentOnInput(),
        bracketMatching(),
        indentUnit.of("    "),
        pythonLanguage,
        syntaxHighlighting(pygments),
        keymap.of([indentWithTab, ...defaultKeymap, ...historyKeymap]),
        EditorView.contentAttributes.of({ "aria-label": label, autocapitalize: "off", spellcheck: "false" }),
        EditorView.updateListener.of((update) => update.docChanged && changed(update.state.doc.toString())),
      ],
    }),
  });
  return {
    focus: () => view.focus(),
    place: (x, y) => view.dispatch({ selection: { anchor: view.posAtCoords({ x, y }, false) } }),
    set: (text) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } }),
  };
}
