// Shows notices that the server sends by Web Push, also while no page of ours is open. Keeps what other programs share
// with the installed portal until the form takes it (js/shared_form.js), so that it outlives a sign-in and a lost
// connection. Where this script is not registered yet, the server takes the share (web/portal/installed.py).
const SHARES = "shared";
const SHARED_PATH = "/tickets/shared";
const MOST_SHARES = 5;
const HOUR_MS = 3600000;

self.addEventListener("push", (event) => {
  const { title, body, address, tag, portal } = event.data.json();
  event.waitUntil(self.registration.showNotification(title, { body: body || portal, tag, data: address }));
});

self.addEventListener("notificationclick", (event) => {
  const address = event.notification.data;
  event.notification.close();
  event.waitUntil((async () => {
    const pages = await self.clients.matchAll({ type: "window" });
    const open = pages.find((page) => page.url.split("#")[0] === address);
    return open ? open.focus() : self.clients.openWindow(address);
  })());
});

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

const deleteOldShares = async (cache) => {
  const requests = await cache.keys(); // the oldest first
  for (const [index, request] of requests.entries()) {
    const keptAt = Number((await cache.match(request)).headers.get("Kept-At"));
    if (index <= requests.length - MOST_SHARES || keptAt < Date.now() - HOUR_MS) await cache.delete(request);
  }
};

const keepShare = async (request) => {
  const forServer = request.clone();
  try {
    const cache = await caches.open(SHARES);
    await deleteOldShares(cache);
    const id = crypto.randomUUID();
    await cache.put(`${SHARED_PATH}/${id}`, new Response(await request.formData(), {
      headers: { "Kept-At": String(Date.now()) },
    }));
    return Response.redirect(`/tickets/new?share=${id}`, 303);
  } catch {
    return fetch(forServer); // no space is left, for example
  }
};

self.addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  if (method === "POST" && new URL(url).pathname === SHARED_PATH) event.respondWith(keepShare(event.request));
});
