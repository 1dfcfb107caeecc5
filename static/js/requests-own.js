// 自分の申請: when a request of one's own was decided elsewhere, the list is read again; nothing else of the page moves.
const PAUSE_MS = 400;
let timer = 0;

async function again() {
  const list = document.querySelector(".req-own");
  if (!list || list.contains(document.activeElement)) return; // never from under the focus
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector(".req-own");
  if (fresh) list.replaceWith(fresh);
}

document.addEventListener("zaiseki:request", () => {
  window.clearTimeout(timer);
  timer = window.setTimeout(() => void again().catch(() => {}), PAUSE_MS);
});
