// Notices of this browser, by Web Push: the button on the account page asks, and every later sign-in renews. Loaded
// where that button is or where notices are allowed; `tools` are functions of the modules that every page has.
let tools;
const _ = (sentence) => tools._(sentence);

const RENEWED = "browser-notices-renewed";
const tab = () => sessionStorage;
const isPossible = () => "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

const toBytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));

const send = async (subscription) => {
  const { endpoint, keys } = subscription.toJSON();
  const body = new URLSearchParams({ endpoint, p256dh: keys.p256dh, auth: keys.auth, csrf_token: tools.csrfToken() });
  const answer = await fetch("/account/browsers", { method: "POST", body });
  if (!answer.ok) throw new Error(await answer.text());
};

const say = (text) => {
  const status = document.getElementById("browser-notices-status");
  if (status) status.textContent = text;
  tools.announce(text);
};

const add = async (button) => {
  button.disabled = true;
  try {
    if ((await Notification.requestPermission()) !== "granted") {
      say(_("This browser does not allow notices for this page. Allow them in its settings, then try again."));
      return;
    }
    const registration = await navigator.serviceWorker.register("/service-worker.js");
    await navigator.serviceWorker.ready;
    const known = await registration.pushManager.getSubscription();
    await known?.unsubscribe(); // it may have been made for another key
    const applicationServerKey = toBytes(button.dataset.publicKey);
    await send(await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey }));
    location.assign("/account#browsers");
    location.reload();
  } catch {
    say(_("This browser could not be added. Try again later."));
  } finally {
    button.disabled = false;
  }
};

// A browser belongs to the session in which it was added, so that signing out ends its notices.
const renew = async () => {
  if (!document.body.dataset.user || !isPossible() || Notification.permission !== "granted") return;
  if (tools.getItem(RENEWED, tab) === document.body.dataset.user) return;
  const registration = await navigator.serviceWorker.getRegistration("/");
  const subscription = await registration?.pushManager.getSubscription();
  if (subscription) await send(subscription);
  tools.setItem(RENEWED, document.body.dataset.user, tab);
};

export const start = (given) => {
  tools = given;
  document.addEventListener("click", ({ target }) => {
    const button = target.closest?.("[data-add-browser]");
    if (button) add(button);
  });
  const button = document.getElementById("browser-notices-add");
  if (button && !isPossible()) {
    button.hidden = true;
    document.getElementById("browser-notices-status").textContent = _("This browser cannot show notices.");
  }
  renew().catch(() => {});
};
