// Shows what the server pushes, while no page is open, and goes where it points.
// What comes was encrypted for this browser; it never holds the text of a message.

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  const { title, line, link, tag, language } = event.data.json();
  event.waitUntil(
    self.registration.showNotification(title, {
      body: line.replace(/:$/, "."), // what ends before a link in an SMS
      tag, // a newer one takes the place of an older
      lang: language,
      data: { link },
    }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(goTo(event.notification.data.link));
});

async function goTo(link) {
  const address = new URL(link, self.location.origin);
  if (address.origin !== self.location.origin) return;
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const page = pages.find((one) => one.url === address.href) ?? pages[0];
  if (!page) {
    await self.clients.openWindow(address.href);
    return;
  }
  const shown = page.url === address.href ? page : await page.navigate(address.href);
  await shown?.focus();
}
