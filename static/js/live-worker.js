// Lives as long as any tab of one person and one release: its name carries both (live-link.js), so that neither another
// person nor a page of another release ever gets into it.
import { openHub } from "./live-open.js";

const worker = /** @type {SharedWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const hub = openHub(worker.name.split(" ")[2] ?? "");

worker.onconnect = (event) => {
  const port = event.ports[0];
  /** @param {import("./live-hub.js").ToTab} message */
  const post = (message) => port.postMessage(message);
  let id = "";
  port.onmessage = ({ data }) => {
    if (!id) noticeEnd((id = data.id), () => hub.leave(id));
    hub.from(id, post, data);
  };
  port.addEventListener("close", () => id && hub.leave(id));
};

/** A tab holds a lock with its name for its life; who gets it next knows that the tab is gone, however it went.
 * @param {string} id @param {() => void} gone */
function noticeEnd(id, gone) {
  void navigator.locks?.request(`zaiseki-tab-${id}`, gone).catch(() => {});
}
