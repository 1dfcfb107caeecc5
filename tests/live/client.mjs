// node client.mjs URL TOKEN_OF_ONE TOKEN_OF_WATCHER: prints what the official JavaScript client saw, as JSON.
import { io } from "socket.io-client";

const [url, token, watcher] = process.argv.slice(2);
const socket = io(url, {
  auth: { token: watcher },
  transports: ["websocket"],
  reconnection: false,
});
const giveUp = setTimeout(() => {
  console.error("nothing arrived in time");
  process.exit(1);
}, 20_000);

socket.on("connect_error", (error) => {
  console.error(error.message);
  process.exit(1);
});
socket.on("connect", async () => {
  const ack = await socket.emitWithAck("watch", { units: ["W12"] });
  /** @type {any[]} */
  const rows = [];
  socket.on("rows", (message) => rows.push(...message.rows));
  const response = await fetch(`${url}/api/v1/me/status`, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    body: JSON.stringify({ state: "busy", reason: "meeting" }),
  });
  const answer = await response.json();
  const look = setInterval(() => {
    const row = rows.find((one) => one.staff === answer.staff && one.version === answer.version);
    if (!row) return;
    clearInterval(look);
    clearTimeout(giveUp);
    console.log(JSON.stringify({ ack, answer, row }));
    socket.disconnect();
  }, 20);
});
