// The switch between the outputs of this build and those recorded on a GPU machine.
// Without this script each recorded output can be opened below the other.
const choices = document.querySelector(".outputs-switch");
if (choices) {
  const boxes = [...document.querySelectorAll("details.recorded")];
  const show = (machine) => {
    for (const box of boxes) {
      const chosen = box.dataset.machine === machine;
      box.open = chosen;
      box.closest(".cell").classList.toggle("shows-recorded", boxes.some(
        (other) => other.closest(".cell") === box.closest(".cell") && other.dataset.machine === machine));
    }
  };
  choices.hidden = false;
  choices.addEventListener("change", (event) => show(event.target.value));
}
