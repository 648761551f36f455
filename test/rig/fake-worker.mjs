#!/usr/bin/env node
/**
 * Speaks the worker protocol, and misbehaves as its --name says. A test drives it with orders: `rotate` with a JSON object as `id` makes it
 * send that object as a report.
 */
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import process from "node:process";

const option = (name) => process.argv[process.argv.indexOf(name) + 1];
const behaviour = option("--name");
let connections = 0;

const misbehaviours = {
  "ignores-sigterm": () => process.on("SIGTERM", () => process.stderr.write("SIGTERM ignored\n")),
  "ignores-sigabrt": () => process.on("SIGABRT", () => {}),
  "exits-at-once": () => process.exit(7),
  "leaves-child": () => {
    const child = spawn("bash", ["-c", "set -m; sleep 1000 & echo child $!"], { stdio: "inherit" });
    child.on("exit", () => process.kill(process.pid, "SIGABRT"));
  },
  "burns-cpu": () => {
    const burn = () => {
      const until = Date.now() + 50;
      while (Date.now() < until);
      setImmediate(burn);
    };
    burn();
  },
  chatty: () => process.stdout.write(`${"x".repeat(20_000)}\n${"noise\n".repeat(1000)}`),
};

function say(socket, message) {
  socket.write(`${typeof message === "string" ? message : JSON.stringify(message)}\n`);
}

function greet(socket, hello) {
  connections += 1;
  if (behaviour === "never-ready") return;
  if (behaviour === "refuses") return say(socket, { type: "refused", reason: `epoch ${hello.epoch} is too old` });
  say(socket, { type: "hello", protocol: 1, name: behaviour, pid: process.pid, version: "0", gstreamer: "0" });
  say(socket, { type: "ready", ingest: { state: "idle", life: 0, tracks: [] }, outputs: [], epoch: hello.epoch });
  if (behaviour === "hangs-up-twice" && connections <= 2) socket.end();
  if (behaviour === "babbles") babble(socket);
}

function babble(socket) {
  for (const line of ["not json", "[]", '{"type":"brandNew"}', '{"type":"stats","ingest":7}', "\u0000\u0001"])
    say(socket, line);
  say(socket, { type: "suspectCleared", life: 1, track: 0, silentMs: 5 });
}

function eatMemory() {
  const eaten = [];
  const bite = () => {
    eaten.push(Buffer.alloc(8 * 1024 * 1024, 1));
    setImmediate(bite);
  };
  bite();
}

function obey(socket, order) {
  if (behaviour === "silent-after-ready") return;
  if (order.type === "startIngest" && behaviour === "dies-on-order") process.kill(process.pid, "SIGSEGV");
  if (order.type === "startIngest" && behaviour === "eats-memory") eatMemory();
  if (order.type === "startIngest" && behaviour === "endless-line") socket.write("x".repeat(300 * 1024));
  if (order.type === "removeOutput")
    return say(socket, { type: "reply", seq: order.seq, ok: false, message: `no output ${order.id}` });
  say(socket, { type: "reply", seq: order.seq, ok: true });
  if (order.type === "rotate") say(socket, order.id);
  if (order.type === "stop" && behaviour !== "ignores-sigterm") leave(socket);
}

function leave(socket) {
  socket.end(
    `${JSON.stringify({ type: "outputDown", id: "record", kind: "record", failure: { reason: "stopped" } })}\n`,
    () => process.exit(0),
  );
}

function serve(socket) {
  let rest = "";
  socket.on("error", () => {});
  socket.on("data", (chunk) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop();
    for (const message of lines.map((line) => JSON.parse(line))) {
      if (message.type === "hello") greet(socket, message);
      else obey(socket, message);
    }
  });
}

misbehaviours[behaviour]?.();
if (behaviour === "never-listens") setInterval(() => {}, 1000);
else createServer(serve).listen("control.sock");
