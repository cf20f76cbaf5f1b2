// The editor of a live cell: CodeMirror with just what a cell of Python needs. Bundled by build.js into _static/live/.
import { Decoration, EditorView, ViewPlugin, drawSelection, keymap } from "@codemirror/view";
import { EditorState, Prec, RangeSetBuilder } from "@codemirror/state";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { bracketMatching, indentOnInput, indentUnit, syntaxTree } from "@codemirror/language";
import { pythonLanguage } from "@codemirror/lang-python";
import { highlightTree, tagHighlighter, tags } from "@lezer/highlight";

const { definition } = tags;
const kinds = tagHighlighter([
  { tag: [tags.keyword, tags.controlKeyword, tags.definitionKeyword, tags.moduleKeyword, tags.operatorKeyword], class: "k" },
  { tag: [tags.bool, tags.null], class: "k" },
  { tag: [tags.string, tags.special(tags.string), tags.escape], class: "s" },
  { tag: [tags.number, tags.meta], class: "m" },
  { tag: [tags.comment, tags.lineComment], class: "c" },
  { tag: [tags.function(definition(tags.variableName)), definition(tags.className), tags.className], class: "nc" },
]);

/** Marks code with the elements that mark the book's, <t-k> for a keyword, so that it has their colours in both themes. */
const colours = ViewPlugin.define((view) => new Marks(view), { decorations: (plugin) => plugin.marks });

class Marks {
  constructor(view) { this.mark(view); }

  update({ docChanged, viewportChanged, startState, state, view }) {
    if (docChanged || viewportChanged || syntaxTree(startState) !== syntaxTree(state)) this.mark(view);
  }

  mark({ state, visibleRanges }) {
    const builder = new RangeSetBuilder();
    const add = (from, to, names) => // the innermost of nested kinds
      builder.add(from, to, Decoration.mark({ tagName: `t-${names.split(" ").at(-1)}` }));
    for (const { from, to } of visibleRanges) highlightTree(syntaxTree(state), kinds, add, from, to);
    this.marks = builder.finish();
  }
}

/** An editor of `code` inside `parent`. `leave` is called by Escape, `changed` with the code. Keys that run it are the cell's.
 *  Tab indents; Escape leaves the editor, so that the keyboard does not get caught in it. */
export function edit(parent, { code, label, leave, changed }) {
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: code,
      extensions: [
        Prec.highest(keymap.of([{ key: "Escape", run: () => (leave(), true) }])),
        history(),
        drawSelection(),
        indentOnInput(),
        bracketMatching(),
        indentUnit.of("    "),
        pythonLanguage,
        colours,
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
