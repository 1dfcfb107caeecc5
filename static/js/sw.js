// Opens 自分の今日 without a connection, and the boards last looked at as they were then, with their time. Kept for a day's
// work on this device and for this person alone: any sign-in or sign-out here takes them away.

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const KEPT = "zaiseki-v1";
const BOARDS = "zaiseki-boards";
const MOST_BOARDS = 3;
const KEPT_FOR = 12 * 3600_000;
const KEPT_AT = "X-Kept-At";
const HOME = "/";
const SIGN_IN = "/signin";
const BOARD = /^\/board\/[^/]+$/;
const GONE = new Set([502, 503, 504]); // a proxy whose server is gone answers for it
const SHELL = [
  "/static/css/alerts.css",
  "/static/css/base.css",
  "/static/css/board.css",
  "/static/css/coverage.css",
  "/static/css/forms.css",
  "/static/css/frame.css",
  "/static/css/home.css",
  "/static/css/notices.css",
  "/static/css/person.css",
  "/static/img/icon.svg",
  "/static/img/states.svg",
  "/static/js/alerts.js",
  "/static/js/api.js",
  "/static/js/badges.js",
  "/static/js/board.js",
  "/static/js/clock.js",
  "/static/js/coverage-sheet.js",
  "/static/js/coverage-track.js",
  "/static/js/coverage-view.js",
  "/static/js/coverage.js",
  "/static/js/dialog.js",
  "/static/js/frame.js",
  "/static/js/help.js",
  "/static/js/home.js",
  "/static/js/kept-view.js",
  "/static/js/live-hub.js",
  "/static/js/live-line.js",
  "/static/js/live-link.js",
  "/static/js/live-open.js",
  "/static/js/live-pill.js",
  "/static/js/live-worker.js",
  "/static/js/live.js",
  "/static/js/memo-card.js",
  "/static/js/memo-live.js",
  "/static/js/merge.js",
  "/static/js/notices.js",
  "/static/js/once.js",
  "/static/js/outbox.js",
  "/static/js/person.js",
  "/static/js/pop-up.js",
  "/static/js/queue.js",
  "/static/js/render.js",
  "/static/js/search.js",
  "/static/js/second-tap.js",
  "/static/js/text.js",
  "/static/js/title.js",
  "/static/js/toast.js",
  "/static/js/view.js",
  "/static/manifest.webmanifest",
  "/static/vendor/icons.svg",
  "/static/vendor/idb.js",
  "/static/vendor/socket.io.esm.min.js",
  "/static/vendor/tokens.css",
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
        Promise.all(
          names
            .filter((name) => name !== KEPT && name !== BOARDS)
            .map((name) => caches.delete(name)),
        ),
      )
      .then(() => worker.clients.claim()),
  );
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== worker.location.origin) return;
  if (request.method === "POST" && (url.pathname === "/signout" || url.pathname === SIGN_IN)) {
    event.waitUntil(forget()); // a shared device keeps nobody's page
    return;
  }
  if (request.method !== "GET") return;
  if (url.pathname.startsWith("/static/")) event.respondWith(fileFirstFromServer(request));
  else if (request.mode === "navigate") event.respondWith(page(event, url));
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

async function forget() {
  const kept = await caches.open(KEPT);
  await Promise.all([kept.delete(HOME), caches.delete(BOARDS)]);
}

/** @param {FetchEvent} event @param {URL} url */
async function page(event, url) {
  const answer = await fetch(event.request).catch(() => null);
  if (answer && !GONE.has(answer.status)) {
    // A session that ran out, or a proxy that signs in somebody else: neither of them sends a form.
    if (url.pathname === SIGN_IN) event.waitUntil(forget());
    const good = answer.ok && !answer.redirected && !url.search;
    if (good) event.waitUntil(keep(url.pathname, answer.clone()));
    return answer;
  }
  const home = await caches.open(KEPT).then((kept) => kept.match(HOME));
  const old = url.pathname === HOME ? home : await keptBoard(url.pathname);
  if (old) return asOld(old);
  return answer ?? offline(Boolean(home)); // what stands before the server has words of its own
}

/** @param {string} path @param {Response} answer */
async function keep(path, answer) {
  if (path === HOME) await caches.open(KEPT).then((kept) => kept.put(HOME, answer));
  if (!BOARD.test(path)) return;
  const headers = new Headers(answer.headers);
  headers.set(KEPT_AT, String(Date.now()));
  const boards = await caches.open(BOARDS);
  await boards.delete(path); // the newest stands last
  await boards.put(path, new Response(answer.body, { headers }));
  const paths = await boards.keys();
  await Promise.all(paths.slice(0, -MOST_BOARDS).map((old) => boards.delete(old)));
}

/** @param {string} path @returns {Promise<Response | undefined>} */
async function keptBoard(path) {
  const boards = await caches.open(BOARDS);
  const board = await boards.match(path);
  if (!board || Date.now() - Number(board.headers.get(KEPT_AT)) < KEPT_FOR) return board;
  await boards.delete(path);
  return undefined;
}

/** The page is told that it is an old one, and never claims to be current. @param {Response} kept */
async function asOld(kept) {
  const text = (await kept.text()).replace("<body ", "<body data-kept ");
  const headers = new Headers(kept.headers);
  for (const name of ["Content-Encoding", "Content-Length"]) headers.delete(name);
  return new Response(text, { headers });
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
