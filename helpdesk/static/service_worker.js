// Shows notices that the server sends by Web Push, also while no page of ours is open. Keeps and fetches nothing.
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
