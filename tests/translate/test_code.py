"""Promises of the texts inside code: found as a translator expects, put in so that the program stays the same."""

import ast

import pytest

from book.project import source
from book.translate import catalogs, code
from conftest import ROOT

pytestmark = pytest.mark.fast
EDITIONS = source.editions(ROOT)[1:]


def texts(cell: str) -> list[tuple[str, str]]:
    return [(one.kind, one.text) for one in code.find(cell)]


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("# One\n# and two.\nx = 1  # three\n", [("comment", "One and two."), ("comment", "three")]),
        ("# One.\n#\n# - a list\n# - of two\n", [("comment", "One.\n\n- a list\n- of two")]),
        ("x = 1  # noqa: E501\ny = 2  # (3, 4)", []),
        (
            'def f():\n    """Adds up.\n\n    Slowly,\n    though.\n    """\n',
            [("docstring", "Adds up.\n\nSlowly, though.")],
        ),
        ('print("before:", x)', [("string", "before:")]),
        ('print("at " f"{b!r:5} c{d[\'e\']}\\n" "f{g}")', [("string", "at {b!r:5} c{d['e']}\nf{{g}}")]),
        ('print(f"{x:{w}}  loss")', [("string", "{x:{w}}  loss")]),
        ('assert ok, (\n    f"{n} are "\n    "missing.")', [("string", "{n} are missing.")]),
        ('raise ValueError(f"no {name}")', [("string", "no {name}")]),
        (
            'ax.plot(x, label="loss"); ax.set_xlabel("step", loc="lower right")',
            [("string", "loss"), ("string", "step")],
        ),
        ('rows["with bias"] = rows["w"]', [("string", "with bias")]),
        # Names, code, patterns, what is looked for in messages of others
        ('print("cpu.weight", "float32", net["fc1"])', []),
        ('weight = 1\nprint("weight", weight)', []),
        ('weight = 1\nprint("weight:", weight)', [("string", "weight:")]),
        ('loss = plt.plot(loss, label="loss")', [("string", "loss")]),
        (
            'ways = {"with assign=True": 1, "a tensor": 2, "no": 3}',
            [("string", "with assign=True"), ("string", "a tensor")],
        ),
        ('same = 1\n" ".join("made" if s else "same" for s in x)', [("string", "made")]),
        # Labels that reach the reader by a name, which does nothing else
        (
            'for when, n in (("before", 0), ("after", 9)):\n    print(f"{when:6}", f(n))',
            [("string", "before"), ("string", "after")],
        ),
        (
            'for x in X:\n    limit = "memory" if x < 1 else "arithmetic"\n    print(limit.ljust(9))',
            [("string", "memory"), ("string", "arithmetic")],
        ),
        ('[ax.plot(Y, label=one) for one, Y in (("warm", A), ("relu", B))]; F.relu', [("string", "warm")]),
        (
            'print(", ".join(f"{name} {x}" for name, x in (("peak", a), ("free", b))))',
            [("string", "peak"), ("string", "free")],
        ),
        ('flexible = 1\nfor name, one in [("flexible", flexible)]: print(name)', [("string", "flexible")]),
        ('for how in ("all", "added"):\n    print(how, how == "added")', []),
        ('for how in ("all", "added"):\n    print(how)\n    train(how)', []),
        ('for how, n in (("all", 1), (other, 2)):\n    print(how)', []),
        ('for how in ("all", "added"):\n    how = how + x\n    print(how)', []),
        ('for how in ("all", "added"): pass', []),
        ('mode = "reduce" if x else "keep"\nprint(mode)', []),
        ('for code in ("import torch\\nprint(1)", "net(X)"): print(code)', []),
        ('torch.device("cuda")\nopen("a file.pt")\nx = {"momentum": 0.9}', []),
        ('re.findall("two words", text)', []),
        ('if "size mismatch" in str(error): pass', []),
        ('subprocess.run(["python", "-c", "import a b"])\nexec("x is y")', []),
        ('code = "import torch; print(1)"', []),
        (r'print(r"raw words\d", b"bytes here", "\x1b[0m words")', []),
        ("%matplotlib inline\nprint('one word')", [("string", "one word")]),
        ("%%writefile a.py\n# A file\n", [("comment", "A file")]),
        ("def (", []),
    ],
)
def test_the_texts_of_a_cell_are_found(cell, found):
    assert texts(cell) == found


def put(cell: str, **words: str) -> str:
    new, problems = code.translated(cell, lambda text: words.get(text.split()[0].strip(":.")))
    assert problems == []
    return new


def test_a_translation_takes_the_place_of_the_text_and_nothing_else_changes():
    cell = 'for i in range(3):\n    print("Step", i)  # counts\n'
    assert put(cell, Step="Adım", counts="sayar") == 'for i in range(3):\n    print("Adım", i)  # sayar\n'


def test_quotes_and_escapes_are_those_of_the_language():
    assert put('print("Say it")', Say='"Evet"\\de\n') == 'print("\\"Evet\\"\\\\de\\n")'
    assert put("print(f'Say {x}')", Say="'{x}' dé") == "print(f'\\'{x}\\' dé')"


def test_a_long_text_is_wrapped_where_the_code_allows_it():
    long = "uma frase que " * 9 + "acaba"
    for cell in (
        'print("Say it", 1)',
        'assert ok, "Say it"',
        'x = "Say it"',
        'def f():\n    """Say it."""\n',
        "# Say it\nx = 1",
        'if a:\n    ax.set_title("Say it")\n',
    ):
        new = put(cell, Say=long)
        assert max(map(len, new.splitlines())) <= code.WIDTH
        assert new.count("\n") > cell.count("\n")
        assert texts(new)[0][1] == long
        ast.parse(new)


def test_the_lines_of_a_docstring_begin_below_each_other():
    new = put('def f():\n    """Say it."""\n', Say="uma frase que " * 9 + "acaba")
    indents = {len(line) - len(line.lstrip()) for line in new.splitlines()[1:]}
    assert indents == {4}


def test_expressions_may_stand_in_another_order_but_none_may_be_lost():
    assert put('print(f"One {a} {b:.2f}")', One="{b:.2f} de {a}") == 'print(f"{b:.2f} de {a}")'
    for wrong in ("{a}", "{a} {b:.3f}", "{a} {b:.2f} {c}", "{a} {b:.2f"):
        new, problems = code.translated('print(f"One {a} {b:.2f}")', lambda _text, wrong=wrong: wrong)
        assert new == 'print(f"One {a} {b:.2f}")'
        assert len(problems) == 1
        assert code.lost("One {a} {b:.2f}", wrong)


def test_what_does_not_fit_stays_english_and_is_named():
    cell = f"x = {'1 + ' * 15}1  # short\n"
    new, problems = code.translated(cell, lambda text: "uma observação mais longa")
    assert new == cell
    assert len(problems) == 1 and "does not fit in 79 columns" in problems[0]
    wide = f"x = {'1 + ' * 20}1  # short\n"  # the English has more than 79 columns as well
    assert "menor" in code.translated(wide, lambda text: "menor")[0]


@pytest.mark.parametrize(
    ("english", "other", "same"),
    [
        ('print("a label", x)', 'print("bir etiket", x)', True),
        ('print("a label", x)', 'print("bir etiket", y)', False),
        ('d["weight"] = "a label"', 'd["ağırlık"] = "a label"', False),
        ('print(f"{x} rows")', 'print(f"satır: {x}")', True),
        ('print(f"{x} rows")', 'print(f"satır: {y}")', False),
        ('print(f"{x:.1f} rows")', 'print(f"satır: {x:.2f}")', False),
        ("x = 1  # one", "x = 1  # bir", True),
        ("x = 1", "x = 1;", True),
        ("x = 1", "x = 2", False),
    ],
)
def test_two_programs_are_told_apart(english, other, same):
    assert code.same_but_texts(english, other) is same


def test_only_the_code_of_a_page_is_spoken():
    page = '# Say\n\n```python\nprint("Say it")\n```\n\n'
    page += '```{code-cell}\n:tags: [check]\n\nprint("Say it")\n```\n\nSay it.\n'
    new, problems = code.spoken(page, lambda text: "Söyle")
    assert problems == []
    assert new == page.replace('[check]\n\nprint("Say it")', '[check]\n\nprint("Söyle")')
    options = '```{code-cell}\n---\ntags: [a b]\n---\nprint("Say it")\n```\n'
    assert code.spoken(options, lambda text: "Söyle")[0] == options.replace("Say it", "Söyle")


def test_of_a_program_that_is_no_cell_only_comments_are_spoken():
    """Its strings may be what it is about: those of an error are in the message."""
    second = 'print("```python")  # Say it\n'
    page = '```python\n# Say it\nprint("Say it")  # Say it\n```\n\n'
    page += f"````{{code-block}} python\n:name: again\n{second}````\n\n```\n# Say it\n```\n"
    new, problems = code.spoken(page, lambda text: "Söyle")
    assert problems == []
    assert new.replace("# Söyle", "# Say it") == page
    assert new.count("# Söyle") == 3
    assert list(code.programs(page))[1:] == [second]
    hidden = "~~~text\n```python\n# Say it\n```\n~~~\n\n````markdown\n```python\n# Say it\n```\n````\n"
    assert list(code.programs(hidden)) == []
    others = "```{note}\nA note.\n```\n\n````{tip}\n``` python \n# Say it\n```\n````\n"
    assert list(code.programs(hidden + others)) == ["# Say it\n"]
    cell = '````{code-cell} python3\ntext = """\n```python\n# Say it\n```\n"""\n````\n'
    assert [is_cell for *_, is_cell in code.bodies(hidden + others + cell)] == [False, True]
    assert code.spoken(page, lambda text: "Söyle " * 20)[1][0].startswith("the program in line 2: 'Say it': does not")


@pytest.mark.parametrize("edition", EDITIONS, ids=lambda edition: edition.tag)
def test_every_cell_of_a_translated_page_is_the_same_program(edition):
    """And every text is put in, no line wider than the English ones."""
    failed = []
    for page in source.pages(ROOT):
        path = ROOT / f"locale/{edition.code}/LC_MESSAGES/{page.docname}.po"
        words = {m.id: m.string for m in catalogs.load(path, edition.code) if m.context == code.CONTEXT}
        for start, stop, is_cell in code.bodies(page.text):
            cell = page.text[start:stop]
            new, problems = code.translated(cell, words.get, code.find if is_cell else code.find_comments)
            failed += [f"{path.name}: {problem}" for problem in problems]
            assert code.same_but_texts(cell, new), (page.docname, new)
            widest = max([code.WIDTH, *map(len, cell.splitlines())])
            assert max(map(len, new.splitlines()), default=0) <= widest, (page.docname, new)
    assert failed == []
