// The fan-out benchmark's reference in Node: every client gets one string through ws.send, as its manual shows. node fanout_node.js BYTES
const http = require("http");
const { WebSocketServer } = require("ws");

const message = `{"kind":"scoreboard","pad":"${"x".repeat(Number(process.argv[2]) - 4 - 30)}"}`;
const server = http.createServer();
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const now = () => Number(process.hrtime.bigint());

server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => {
  say({ port: server.address().port, bytes: Buffer.byteLength(message) + 4, path: "/" });
});
process.stdin.on("data", () => {
  const began = now();
  for (const socket of sockets.clients) socket.send(message);
  say({ began, resident_kb: Math.round(process.memoryUsage().rss / 1024) });
});
process.stdin.on("end", () => process.exit(0));
