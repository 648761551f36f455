/** The files that are written from the schema are those in the repository, and the example fits them. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { z } from "zod";
import { jsonSchema } from "../../src/config/json-schema.js";
import { loadConfig } from "../../src/config/load.js";
import { configurationPage } from "../../src/config/reference.js";

const root = join(import.meta.dirname, "../..");
const read = (name: string) => readFileSync(join(root, name), "utf8");

test("docs/configuration.md is what `npm run reference` writes", () => {
  expect(read("docs/configuration.md")).toBe(configurationPage());
});

test("config.schema.json is what `npm run reference` writes", () => {
  expect(read("config.schema.json")).toBe(jsonSchema());
});

describe("config.example.yaml", () => {
  test("is valid without any environment, and without a warning", () => {
    const parsed = loadConfig(join(root, "config.example.yaml"), {});
    expect(parsed).toMatchObject({ ok: true, warnings: [] });
  });

  test("records and serves every stream that is not a command, one of them as MP4", () => {
    const parsed = loadConfig(join(root, "config.example.yaml"), {});
    const streams = parsed.ok ? parsed.config.streams.filter((stream) => stream.kind === "media") : [];
    const outputs = streams.map(({ outputs }) => [...new Set(outputs.map(({ kind }) => kind))]);
    expect(outputs).toEqual(streams.map(() => ["rtsp", "record"]));
    const formats = streams.flatMap(({ outputs }) =>
      outputs.flatMap((output) => ("format" in output ? output.format : [])),
    );
    expect(formats.toSorted()).toEqual(["mkv", "mkv", "mkv", "mkv", "mkv", "mkv", "mp4"]);
  });

  test("fits the JSON Schema that its first line names", () => {
    expect(read("config.example.yaml")).toMatch(/^# yaml-language-server: \$schema=\.\/config\.schema\.json\n/);
    expect(editorAccepts(read("config.example.yaml"))).toBe(true);
  });
});

test.each([
  ["streams: { a: { source: clip.mp4 } }", true],
  ["streams: { a: { source: { type: rtsp, uri: rtsp://h, latency: 1s } } }", true],
  [`streams: { a: { source: { type: rtsp, uri: "\${URI}" }, limits: { memory: "\${MEMORY}" } } }`, true],
  ["streams: { a: { source: x, retry: immediate, timeouts: { stall: auto }, fallback: slate } }", true],
  ["streams: { a: { source: x, retry: { strategy: custom, delays: [1s, 2m] } } }", true],
  ["streams: { a: { source: { type: rtsp, uri: rtsps://h, credentials: [{ user: u }], tls: { ca: x } } } }", true],
  ["streams: { a: { source: x, retry: sometimes } }", false],
  ["streams: { a: { source: x, retry: { strategy: custom, delays: [1, 2] } } }", false],
  ["streams: { a: { source: { type: rtsp, uri: rtsps://h, credentials: [{ password: p }] } } }", false],
  ["streams: { a: { source: { type: rtsp } } }", false],
  ["streams: { a: { source: { type: rtsp, uri: rtsp://h, latency: 1 } } }", false],
  ["streams: { a: { source: { type: rtsp, uri: rtsp://h, colour: red } } }", false],
  ["streams: { a: { outputs: [] } }", false],
  ["streams: { a: { source: x, command: y } }", false],
  ["streems: {}", false],
])("the JSON Schema judges %s", (text, isAccepted) => {
  expect(editorAccepts(text)).toBe(isAccepted);
});

function editorAccepts(text: string): boolean {
  return z.fromJSONSchema(JSON.parse(jsonSchema())).safeParse(parseDocument(text).toJS()).success;
}
