// The emoji to choose from below a message; loaded when somebody presses "React". Pressing it again takes them away.
const setOpen = (button, isOpen) => {
  button.setAttribute("aria-expanded", isOpen);
  button.focus();
};

export const toggleChoices = (button) => {
  const open = button.closest(".message-main").querySelector(".reaction-choices");
  setOpen(button, !open);
  if (open) {
    open.remove();
    return;
  }
  const form = document.getElementById("reaction-choices").content.firstElementChild.cloneNode(true);
  form.action = button.dataset.react;
  form.setAttribute("hx-post", button.dataset.react);
  button.closest(".message-actions").after(form);
  window.htmx?.process(form);
  form.querySelector("button").focus();
};

document.addEventListener("keydown", ({ key, target }) => {
  const form = key === "Escape" && target.closest?.(".reaction-choices");
  if (!form) return;
  setOpen(form.parentElement.querySelector("[data-react]"), false);
  form.remove();
});
