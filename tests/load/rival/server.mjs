// The rival: Node's socket.io with rooms, asked for the same fan-out by HTTP POST. Lives as long as its standard input.
// node server.mjs PORT; GET /healthz and /metrics answer as Zaiseki's do, as far as the load program asks.
import { createServer } from "node:http";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Server } from "socket.io";

const RESOLUTION_MS = 10;
const lag = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
lag.enable();

const http = createServer((request, response) => {
  if (request.method === "POST" && request.url === "/fan-out") fanOut(request, response);
  else if (request.url === "/healthz") answer(response, '{"ok":true}', "application/json");
  else if (request.url === "/metrics") answer(response, metrics(), "text/plain");
  else response.writeHead(404, { "Content-Length": 0 }).end();
});
http.keepAliveTimeout = 30_000;

// As Zaiseki's own: websocket only, no compression (socket.io's default), the same pings and the same largest message.
const io = new Server(http, {
  transports: ["websocket"],
  serveClient: false,
  pingInterval: 25_000,
  pingTimeout: 20_000,
  maxHttpBufferSize: 16_384,
});

io.on("connection", (socket) => {
  socket.on("watch", ({ units }, done) => {
    for (const unit of units) socket.join(`${unit}:full`);
    done({ ok: true, epoch: "", units: Object.fromEntries(units.map((unit) => [unit, "full"])) });
  });
});

/** @param {import("node:http").IncomingMessage} request @param {import("node:http").ServerResponse} response */
function fanOut(request, response) {
  /** @type {Buffer[]} */
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    const { room, payload } = JSON.parse(Buffer.concat(parts).toString());
    payload.at = Number(process.hrtime.bigint()) / 1e9; // the machine's monotonic clock, the reader's as well
    io.to(room).emit("rows", payload);
    answer(response, "{}", "application/json");
  });
}

/** @param {import("node:http").ServerResponse} response @param {string} text @param {string} type */
function answer(response, text, type) {
  response.writeHead(200, { "Content-Type": type, "Content-Length": Buffer.byteLength(text) });
  response.end(text);
}

function metrics() {
  const late = Math.max(0, lag.max / 1e9 - RESOLUTION_MS / 1e3);
  return `zaiseki_sockets ${io.engine.clientsCount}\nzaiseki_loop_lag_seconds_max ${late}\nzaiseki_pump_waiting 0\n`;
}

process.stdin.on("end", () => process.exit()).resume();
http.listen({ port: Number(process.argv[2]), host: "127.0.0.1", backlog: 4096 });
