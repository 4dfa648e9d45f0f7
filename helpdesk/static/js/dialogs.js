// Dialogs: the confirmation of a form with data-confirm, and those that a button with data-open shows.
import { byId, createElement, listen } from "./dom.js";
import { _ } from "./sentences.js";

export const confirmSubmit = (form, button) => {
  const dialog = createElement("dialog", "confirm");
  const text = createElement("p", "", form.dataset.confirm);
  const actions = createElement("div", "form-actions");
  const confirm = createElement("button", "button button-danger", button ? button.textContent.trim() : _("Go on"));
  const cancel = createElement("button", "button button-quiet", _("Cancel"));
  text.id = "confirm-text";
  dialog.setAttribute("aria-labelledby", text.id);
  confirm.onclick = () => {
    dialog.close();
    form.confirmed = true;
    form.requestSubmit(button && button.form === form ? button : undefined);
  };
  cancel.onclick = () => dialog.close();
  dialog.onclose = () => dialog.remove();
  actions.append(confirm, cancel);
  dialog.append(text, actions);
  document.body.append(dialog);
  dialog.showModal();
  cancel.focus();
};

listen("click", ({ target }) => {
  const opener = target.closest("[data-open]");
  if (opener) byId(opener.dataset.open).showModal();
});

// Beside the dialog, on its backdrop.
listen("pointerdown", ({ target, clientX, clientY }) => {
  if (!target.matches("dialog")) return;
  const { left, right, top, bottom } = target.getBoundingClientRect();
  if (clientX < left || clientX > right || clientY < top || clientY > bottom) target.close();
});
