/** No secret gets into an error, whatever else is wrong with the text around it. */

import { maskSecrets } from "../../src/config/credentials.js";
import { errorsOf } from "./parsing.js";

const SECRET = "hunter2";
const source = (settings: string) => `streams:\n  cam:\n    source: ${settings}\n`;

const LEAKS: Readonly<Record<string, string>> = {
  "an address with a bad port": source(`rtsp://user:${SECRET}@host:99999/x`),
  "an address with a space": source(`rtsp://user:a ${SECRET}@host/x`),
  "an address with quotes in it": source(`rtsp://user:a'${SECRET}@ho st/x`),
  "an address of another kind": source(`http://user:${SECRET}@host/x`),
  "an address in the wrong place": `instance: rtsp://user:${SECRET}@host/x\n`,
  "a password that YAML reads as something else": source(
    `{ type: rtsp, uri: rtsp://h, user: u, password: [${SECRET}] }`,
  ),
  "a password with a tag": source(`{ type: rtsp, password: !${SECRET} x }`),
  "a password that looks like an alias": source(`{ type: rtsp, password: *${SECRET} }`),
  "a password that begins with @": source(`{ type: rtsp, password: @${SECRET} }`),
  "a password with a bad escape": source(`{ type: rtsp, password: "\\q${SECRET}" }`),
  "a password that is not closed": source(`{ type: rtsp, password: "${SECRET} }`),
  "a password over several lines": `streams:\n  cam:\n    password: |\n      ${SECRET}\n     - ${SECRET}: [\n  x: [\n`,
  "a password in a wrong block": `streams:\n  cam:\n    password:\n      ${SECRET}: { a: b: c }\n`,
  "an address on a line that is no YAML": `instance: [ rtsp://user:${SECRET}@host/x: y: z\n`,
  "a password in a simulated camera": `simulate: { a: { password: ${SECRET}, user: [ } }\n`,
  "a password in a command line": `streams:\n  cam:\n    command: "ffmpeg -i rtsp://u:${SECRET}@h/x | cat"\n`,
  "a password in a pipeline": `streams:\n  cam:\n    command: "gst-launch-1.0 rtspsrc user-pw=${SECRET} > log"\n`,
  "a password in a list of sets": source(
    `{ type: rtsp, uri: rtsp://u@h, credentials: [{ user: u, password: ${SECRET} }, { user: v, password: [${SECRET}] }] }`,
  ),
  "a set that is a text": source(`{ type: rtsp, uri: rtsp://h, credentials: ["admin:${SECRET}"] }`),
  "sets that are a text": source(`{ type: rtsp, uri: rtsp://h, credentials: admin:${SECRET} }`),
  "a password where a hash belongs": `users: { anna: { hash: ${SECRET} } }\n`,
  "a hash in a wrong block": `users:\n  anna:\n    hash:\n      ${SECRET}: { a: b: c }\n`,
  "a hash on a line that is no YAML": `users: { anna: { hash: ${SECRET}: y: z } }\n`,
  "a password that is a number": source("{ type: rtsp, uri: rtsp://h, user: u, password: 123456789 }"),
};

test.each(Object.entries(LEAKS))("%s", (_, text) => {
  const errors = errorsOf(text);
  expect(errors.length).toBeGreaterThan(0);
  expect(JSON.stringify(errors)).not.toMatch(/hunter2|123456789/);
});

test("what a variable holds is not shown either", () => {
  const env = { URI: `ftp://user:${SECRET}@host`, FPS: SECRET };
  const text = source(`\${URI}`) + `  test: { source: { type: test, fps: "\${FPS}" } }\n`;
  const errors = errorsOf(text, { env });
  expect(errors.map(({ snippet }) => snippet)).toEqual([`\${URI}`, `"\${FPS}"`]);
  expect(JSON.stringify(errors)).not.toContain(SECRET);
});

test("nor what a password file holds", () => {
  const files = { "/site/pw": `${SECRET}\u0000` };
  const errors = errorsOf(source("{ type: rtsp, uri: rtsp://u@h, passwordFile: pw }"), { files });
  expect(errors).toHaveLength(1);
  expect(JSON.stringify(errors)).not.toContain(SECRET);
  const swapped = source("{ type: rtsp, uri: rtsps://h, tls: { ca: pw } }");
  expect(JSON.stringify(errorsOf(swapped, { files }))).not.toContain(SECRET);
});

test("maskSecrets masks what looks like a secret in any text", () => {
  expect(maskSecrets(`GET rtsp://u:${SECRET}@h/x user-pw="${SECRET}" password: ${SECRET}, token=${SECRET}&x`)).toBe(
    "GET rtsp://***@h/x user-pw=*** password: ***, token=***&x",
  );
});
