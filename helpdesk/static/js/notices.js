// A notice where a request failed: above the form that was sent, else at the top of the page.
import { byId, createElement, listen, query, queryAll } from "./dom.js";
import { isLive } from "./live_fragments.js";
import { _ } from "./sentences.js";

export const isPage = (html) => /<html/.test(html);

const errorText = (xhr) => {
  const response = xhr?.responseText || "";
  const lead = isPage(response) && query(".lead", new DOMParser().parseFromString(response, "text/html"));
  if (lead) return lead.textContent;
  return xhr?.status
    ? _("That did not work. What you wrote is still here; try again in a moment.")
    : _("There is no connection. What you wrote is still here; try again in a moment.");
};

// Above the form, or at the top of the page.
export const showNotice = (form, text) => {
  const notice = createElement("div", "notice notice-error", text);
  notice.dataset.requestError = "";
  notice.setAttribute("role", "alert");
  (form || byId("flash")).prepend(notice);
};

export const showRequestError = ({ detail }) => {
  const element = detail.requestConfig.elt;
  if (isLive(element)) return;
  showNotice(element.closest("form"), errorText(detail.xhr));
};

export const removeRequestErrors = (form) => {
  for (const notice of queryAll(".notice[data-request-error]", form)) notice.remove();
};

for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) listen(name, showRequestError);
