"""The cells of every section give in the page what the book shows."""

import re

from playwright.sync_api import expect

SECTIONS = ["model-construction", "parameters", "deferred-init", "custom-layer", "read-write", "use-gpu"]
# A check of random numbers drawn after the solutions, which Run all leaves out, and what two processes print at once
NOT_THE_SAME_TWICE = re.compile(r"process \d holds|✗ Not yet: .*\d")
OUTPUTS = """cells => cells.map(cell => {
  const texts = box => [...box.querySelectorAll("pre")].map(pre => pre.textContent.trim()).filter(Boolean).join("\\n");
  const images = box => box.querySelectorAll("img").length;
  const sum = numbers => numbers.reduce((a, b) => a + b, 0);
  const book = [...cell.querySelectorAll(".cell_output:not(.live-output, .recorded *)")];
  const own = [...cell.querySelectorAll(".live-output")];
  return { state: cell.dataset.live, solution: Boolean(cell.closest(".solution")),
           timed: cell.matches(".tag_timing"),
           book: book.map(texts).join("\\n"), own: own.map(texts).join("\\n"),
           bookImages: sum(book.map(images)), ownImages: sum(own.map(images)) };
})"""


def test_run_all_gives_the_books_outputs(live_page):
    pages = {name: live_page(f"chapter_computation/{name}.html") for name in SECTIONS}
    for page in pages.values():  # at the same time, to use every core
        page.get_by_role("button", name="Run all").click()
    for name, page in pages.items():
        expect(page.get_by_role("button", name="Interrupt")).to_be_disabled(timeout=300_000)
        outputs = page.locator("article .cell").evaluate_all(OUTPUTS)
        ran = [one for one in outputs if not one["solution"]]
        assert {one["state"] for one in ran} <= {"done", "failed"}, name
        same = [one for one in ran if not one["timed"] and not NOT_THE_SAME_TWICE.search(one["book"] + one["own"])]
        assert len(same) > 0.6 * len(ran), name
        for one in same:
            assert one["own"].split() == one["book"].split(), name
            assert one["ownImages"] == one["bookImages"], name
