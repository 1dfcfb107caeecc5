// Opens 自分の今日 without a connection, and nothing else: no page and no answer about other people is ever kept.

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const KEPT = "zaiseki-v1";
const HOME = "/";
const SHELL = [
  "/static/vendor/tokens.css",
  "/static/css/base.css",
  "/static/css/frame.css",
  "/static/css/forms.css",
  "/static/css/person.css",
  "/static/css/board.css",
  "/static/css/home.css",
  "/static/css/notices.css",
  "/static/js/api.js",
  "/static/js/clock.js",
  "/static/js/dialog.js",
  "/static/js/frame.js",
  "/static/js/home.js",
  "/static/js/live-hub.js",
  "/static/js/live-line.js",
  "/static/js/live-link.js",
  "/static/js/live-open.js",
  "/static/js/live-pill.js",
  "/static/js/live-worker.js",
  "/static/js/live.js",
  "/static/js/outbox.js",
  "/static/js/person.js",
  "/static/js/queue.js",
  "/static/js/render.js",
  "/static/js/search.js",
  "/static/js/alerts.js",
  "/static/js/badges.js",
  "/static/js/pop-up.js",
  "/static/js/title.js",
  "/static/js/notices.js",
  "/static/js/text.js",
  "/static/js/toast.js",
  "/static/js/view.js",
  "/static/vendor/idb.js",
  "/static/vendor/socket.io.esm.min.js",
  "/static/vendor/icons.svg",
  "/static/img/states.svg",
  "/static/img/icon.svg",
  "/static/manifest.webmanifest",
];

worker.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(KEPT)
      .then((kept) => Promise.allSettled([...SHELL.map((path) => kept.add(path)), keepHome(kept)]))
      .then(() => worker.skipWaiting()),
  );
});

/** The first visit was before this worker: fetch the page once more, to have it. @param {Cache} kept */
async function keepHome(kept) {
  const answer = await fetch(HOME, { headers: { Accept: "text/html" } });
  if (answer.ok && !answer.redirected) await kept.put(HOME, answer);
}

worker.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) =>
        Promise.all(names.filter((name) => name !== KEPT).map((name) => caches.delete(name))),
      )
      .then(() => worker.clients.claim()),
  );
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== worker.location.origin) return;
  if (request.method === "POST" && (url.pathname === "/signout" || url.pathname === "/signin")) {
    event.waitUntil(caches.open(KEPT).then((kept) => kept.delete(HOME))); // a shared device keeps nobody's page
    return;
  }
  if (request.method !== "GET") return;
  if (url.pathname.startsWith("/static/")) event.respondWith(fileFirstFromServer(request));
  else if (request.mode === "navigate") event.respondWith(page(request, url));
  else if (url.pathname === HOME) event.respondWith(refreshed(request));
});

/** The server's file wins, so that a page never mixes two releases. @param {Request} request */
async function fileFirstFromServer(request) {
  const kept = await caches.open(KEPT);
  try {
    const answer = await fetch(request);
    if (answer.ok && SHELL.includes(new URL(request.url).pathname))
      await kept.put(request, answer.clone());
    return answer;
  } catch {
    return (await kept.match(request, { ignoreSearch: true })) ?? Response.error();
  }
}

/** The page renewing itself: keep the newest, and let a failure be one. @param {Request} request */
async function refreshed(request) {
  const answer = await fetch(request);
  if (answer.ok && !answer.redirected) {
    const kept = await caches.open(KEPT);
    await kept.put(HOME, answer.clone());
  }
  return answer;
}

/** @param {Request} request @param {URL} url */
async function page(request, url) {
  const kept = await caches.open(KEPT);
  try {
    const answer = await fetch(request);
    if (url.pathname === HOME && !url.search && answer.ok && !answer.redirected)
      await kept.put(HOME, answer.clone());
    return answer;
  } catch {
    const home = await kept.match(HOME);
    if (url.pathname === HOME && home) return home;
    return offline(Boolean(home));
  }
}

/** @param {boolean} hasHome */
function offline(hasHome) {
  const back = hasHome
    ? '<p class="actions"><a class="btn btn-line" href="/">自分の今日へ（報告は預かれます）</a></p>'
    : "";
  return new Response(
    `<!doctype html><html lang="ja"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>つながっていません - 在席</title><link rel="stylesheet" href="/static/vendor/tokens.css"><link rel="stylesheet" href="/static/css/base.css"><link rel="stylesheet" href="/static/css/frame.css"><link rel="stylesheet" href="/static/css/forms.css"></head><body><main class="page"><div class="empty"><h1 class="what">つながっていません</h1><p>サーバーにつながらないため、この画面はひらけません。つながったら、もう一度ひらいてください。</p>${back}</div></main></body></html>`,
    { status: 503, headers: { "Content-Type": "text/html; charset=utf-8" } },
  );
}

/** A notification that this worker showed (phones): the window that is there comes to the front. */
worker.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(bringUp(String(event.notification.data ?? "/")));
});

/** @param {string} path */
async function bringUp(path) {
  const windows = await worker.clients.matchAll({ type: "window" });
  const one = windows[0];
  if (!one) return void (await worker.clients.openWindow(path));
  await one.focus();
  await one.navigate(path);
}
