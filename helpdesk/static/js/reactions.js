// "React" below a message shows the emoji to choose from; pressing it again takes them away.
import { listen, query } from "./dom.js";

const show = (button) => {
  const form = query("#reaction-choices").content.firstElementChild.cloneNode(true);
  form.action = button.dataset.react;
  form.setAttribute("hx-post", button.dataset.react);
  button.closest(".message-actions").after(form);
  window.htmx?.process(form);
  query("button", form).focus();
};

listen("click", ({ target }) => {
  const button = target.closest?.("[data-react]");
  if (!button) return;
  const open = button.closest(".message-main").querySelector(".reaction-choices");
  button.setAttribute("aria-expanded", !open);
  if (open) open.remove();
  else show(button);
});

listen("keydown", ({ key, target }) => {
  const form = key === "Escape" && target.closest?.(".reaction-choices");
  if (!form) return;
  const button = query("[data-react]", form.parentElement);
  form.remove();
  button.setAttribute("aria-expanded", "false");
  button.focus();
});
