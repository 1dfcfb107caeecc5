// A hub with a real connection behind it.
import { io } from "../vendor/socket.io.esm.min.js";
import { Hub } from "./live-hub.js";
import { Line, TIMERS } from "./live-line.js";

const PATIENCE = 15_000;

/** The connection names its person: the cookie is the browser's, and may be another one's by the next attempt.
 * @param {string} staff */
export function openHub(staff) {
  const socket = io({
    transports: ["websocket"],
    autoConnect: false,
    reconnection: false, // live-line.js does
    timeout: PATIENCE,
    auth: staff ? { staff } : {},
  });
  const line = new Line(socket);
  addEventListener("online", () => setTimeout(() => line.retry(), Math.random() * 2_000));
  return new Hub(line, TIMERS);
}
