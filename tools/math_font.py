"""Make the fonts of formulas, `_static/fonts/book-math*.woff2`, of TeX Gyre Pagella Math.

    python -m tools.math_font texgyrepagella-math.otf

`book-math` has what most formulas need; `book-math-more`, which a browser loads where a page has one of its letters,
the other alphabets and symbols. Browsers stretch a bar, hat or tilde by the character that formulas use; the font has
these lengths for combining marks, so they are given to both.
"""

import copy
import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

FONTS = Path(__file__).parents[1] / "_static" / "fonts"
LENGTHS = {"¯": "\u0305", "ˆ": "\u0302", "˜": "\u0303", "_": "\u0332"}  # whose lengths these get
# What its authors ask of changed fonts: another name
NAMES = {1: "Book Math", 3: "BookMath-Regular; of TeX Gyre Pagella Math 1.632", 4: "Book Math", 6: "BookMath-Regular"}
ITALICS = [*range(0x1D434, 0x1D468), *range(0x1D6FC, 0x1D71C)]  # of Latin and Greek: variables
FIRST = (
    "".join(map(chr, [*range(0x20, 0x7F), *ITALICS]))
    + "¯±·×÷ˆ˜ΓΔΘΛΠΣΦΨΩαβγδεζηθικλμνξοπρςστυφχψωϕϵ‖…ℎℝℓ∣′″‴⁗†←→⇒⇐⇔↔↦↑↓∂∇∈∋∏∑∐−√∝∞∥∫∬∭∮∼∽≈≠≤≥≡≪≫⊤⊥⋅⊙⊕⊗∘∖¬∧∨∪∩⊂⊆∀∃∅"
    + "⌈⌉⌊⌋⟨⟩⋯⋮⋱⋀⋁⋂⋃⨀⨁⨂⨄⨆⏞⏟"
)
# Letterlike symbols, bold, script, fraktur, double-struck, sans-serif, typewriter; then symbols
MORE = [(0x2100, 0x2150), (0x1D400, 0x1D434), (0x1D468, 0x1D5D4), (0x1D670, 0x1D756), (0x1D7CA, 0x1D7EC)]
MORE += [(0x1D7F6, 0x1D800), (0xA1, 0xC0), (0x131, 0x132), (0x237, 0x238), (0x2C0, 0x2E0), (0x391, 0x400)]
MORE += [(0x338, 0x339), (0x2020, 0x205F), (0x20D0, 0x2100), (0x2190, 0x2400), (0x25A0, 0x2C00)]


def stretch(font: TTFont) -> None:
    """Give the characters of LENGTHS the lengths of their combining marks."""
    variants, names = font["MATH"].table.MathVariants, font.getBestCmap()
    known = dict(zip(variants.HorizGlyphCoverage.glyphs, variants.HorizGlyphConstruction, strict=True))
    known |= {names[ord(mark)]: copy.deepcopy(known[names[ord(longer)]]) for mark, longer in LENGTHS.items()}
    order = sorted(known, key=font.getGlyphID)
    variants.HorizGlyphCoverage.glyphs, variants.HorizGlyphConstruction = order, [known[name] for name in order]
    variants.HorizGlyphCount = len(order)


def write(source: str, name: str, letters: set[int]) -> None:
    """Write the font with these letters, and its MATH table."""
    font = TTFont(source)
    stretch(font)
    options = Options(flavor="woff2", hinting=False, desubroutinize=True, layout_features=[], drop_tables=["FFTM"])
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=letters)
    subsetter.subset(font)
    for record in font["name"].names:
        record.string = NAMES.get(record.nameID, record.toUnicode())
    font.flavor = "woff2"
    font.save(FONTS / name)


if __name__ == "__main__":
    first = set(map(ord, FIRST))
    write(sys.argv[1], "book-math.woff2", first)
    write(sys.argv[1], "book-math-more.woff2", {letter for span in MORE for letter in range(*span)} - first)
