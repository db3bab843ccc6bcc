// Keeps the pager's page and its parts for when there is no network. What is newer always wins; nothing else is
// kept, and nothing is ever answered from here while the service answers.

const KEPT = "pager";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("message", (event) => event.waitUntil(Promise.allSettled(event.data.map(keep))));
self.addEventListener("fetch", (event) => {
  const { pathname } = new URL(event.request.url);
  const ours = event.request.method === "GET" && (pathname === "/pager" || pathname.startsWith("/static/"));
  if (ours) event.respondWith(fetch(event.request).catch(() => kept(event.request)));
});

async function keep(address) {
  const answer = await fetch(address);
  const cache = await caches.open(KEPT);
  if (answer.ok && !answer.redirected) await cache.put(address, answer);
}

async function kept(request) {
  return (await caches.match(request.url)) ?? Response.error();
}
