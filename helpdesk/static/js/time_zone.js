// Who is signed in and has no time zone yet gets that of this device: sent once, and kept only while there is none.
import { csrfToken, listen } from "./dom.js";
import { getItem, setItem } from "./storage.js";

const KEY = "time-zone-sent";
const session = () => sessionStorage;

const tellTimeZone = () => {
  const { dataset } = document.body;
  const token = csrfToken();
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!("guessTimeZone" in dataset) || !token || !zone || getItem(KEY, session)) return;
  setItem(KEY, "1", session);
  fetch("/account/time-zone", {
    method: "POST",
    headers: { "X-CSRFToken": token },
    body: new URLSearchParams({ time_zone: zone }),
  }).catch(() => setItem(KEY, null, session));
};

tellTimeZone();

// Requests of a sign-in link say the time zone, which is shown where the sign-in is approved in another browser.
listen("formdata", ({ target, formData }) => {
  if (target.getAttribute("action")?.startsWith("/sign-in/link")) {
    formData.set("time_zone", Intl.DateTimeFormat().resolvedOptions().timeZone ?? "");
  }
});
