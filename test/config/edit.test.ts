import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addStream, type Edit, type NewStream, removeStream } from "../../src/config/edit.js";
import { editConfig } from "../../src/config/edit-file.js";
import { valid } from "./parsing.js";

const example = readFileSync(join(import.meta.dirname, "../../config.example.yaml"), "utf8");

function textOf(edit: Edit): string {
  if (edit.ok) return edit.text;
  throw new Error(edit.errors.map(({ message }) => message).join("; "));
}

const add = (text: string, name: string, stream: NewStream) => textOf(addStream(text, name, stream));
const remove = (text: string, name: string) => textOf(removeStream(text, name));

describe("a stream is added", () => {
  test("to the example, as a person would write it there", () => {
    const text = add(example, "garage", { source: "rtsp://192.168.1.7/1", transport: "udp", record: "mp4" });
    expect(text).toBe(`${example}
  garage:
    source: { type: rtsp, uri: rtsp://192.168.1.7/1, transport: udp }
    outputs:
      - { type: rtsp }
      - { type: record, format: mp4 }
`);
    expect(valid(text).config.streams.map(({ name }) => name)).toContain("garage");
  });

  test.each<[string, string, string]>([
    [
      "behind the last stream, comments kept",
      "streams:\n  a: { source: x } # one\n  # end\nrtsp: {}\n",
      "streams:\n  a: { source: x } # one\n  new:\n    source: y\n  # end\nrtsp: {}\n",
    ],
    [
      "in the indentation of the file",
      "streams:\n    a:\n        source: x\n        # still a\n",
      "streams:\n    a:\n        source: x\n        # still a\n    new:\n        source: y\n",
    ],
    [
      "between other parts",
      "streams:\n  a: { source: x }\n\n  b: { source: z }\n\nrtsp: {}\n",
      "streams:\n  a: { source: x }\n\n  b: { source: z }\n\n  new:\n    source: y\n\nrtsp: {}\n",
    ],
    [
      "to an empty section",
      "streams: # mine\n# below\nrtsp: {}\n",
      "streams: # mine\n  new:\n    source: y\n# below\nrtsp: {}\n",
    ],
    [
      "to a section with empty braces",
      "streams: {} # mine\nrtsp: {}\n",
      "streams: # mine\n  new:\n    source: y\nrtsp: {}\n",
    ],
    ["to a file without streams", "rtsp: {}\n", "rtsp: {}\n\nstreams:\n  new:\n    source: y\n"],
    ["to an empty file", "", "streams:\n  new:\n    source: y\n"],
    ["to a file of comments", "# mine\n", "# mine\n\nstreams:\n  new:\n    source: y\n"],
    [
      "to a file that lacks its last line break",
      "streams:\n  a: { source: x }",
      "streams:\n  a: { source: x }\n  new:\n    source: y\n",
    ],
    [
      "behind a block of text",
      "streams:\n  a:\n    command: |\n      b\n      c\n\nrtsp: {}\n",
      "streams:\n  a:\n    command: |\n      b\n      c\n  new:\n    source: y\n\nrtsp: {}\n",
    ],
    [
      "with the line ends of Windows",
      "streams:\r\n  a: { source: x }\r\n",
      "streams:\r\n  a: { source: x }\r\n  new:\r\n    source: y\r\n",
    ],
    [
      "to a map in braces",
      "streams: { a: { source: x } } # mine\n",
      "streams: { a: { source: x }, new: { source: y } } # mine\n",
    ],
    ["to a file in braces", "{ rtsp: {} }\n", "{ rtsp: {}, streams: { new: { source: y } } }\n"],
  ])("%s", (_, before, after) => {
    expect(add(before, "new", { source: "y" })).toBe(after);
  });

  test.each(["a: b", "- a", "*x", "&x", "'", '"', "#a", "a #b", "{x}", "yes", "12", "!a", "%a", "@a", "a,b", " "])(
    "with the source %j",
    (source) => {
      const path = `clips/${source}.mp4`;
      expect(valid(add("", "new", { source: path })).config.streams[0]).toMatchObject({
        source: { path: `/site/${path}` },
      });
      const braced = add("streams: { a: { source: x } }\n", "new", { source: path });
      expect(valid(braced).config.streams[1]).toMatchObject({ source: { path: `/site/${path}` } });
    },
  );

  test("that is recorded and not served", () => {
    const text = add("", "new", { source: "y", record: "mkv", rtsp: false });
    expect(text).toBe("streams:\n  new:\n    source: y\n    outputs:\n      - { type: record, format: mkv }\n");
  });

  test("with a variable and a transport", () => {
    const text = add("", "new", { source: `rtsp://\${CAM}/x,{y}`, transport: "udp" });
    const [stream] = valid(text, { env: { CAM: "u:p@h" } }).config.streams;
    expect(stream).toMatchObject({
      source: { uri: "rtsp://h/x,{y}", credentials: [{ password: "p" }], transport: "udp" },
    });
  });

  test("not where one has its name, or the file is broken", () => {
    expect(addStream("streams:\n  a: { source: x }\n", "a", { source: "y" })).toMatchObject({
      ok: false,
      errors: [{ line: 2, message: expect.stringContaining('"a" already') }],
    });
    expect(addStream("streams: [\n", "a", { source: "y" })).toMatchObject({ ok: false, errors: [{ line: 1 }] });
    expect(addStream("streams: x\n", "a", { source: "y" })).toMatchObject({ ok: false, errors: [{ line: 1 }] });
  });
});

describe("a stream is removed", () => {
  test("from the example, with its own comments only", () => {
    const text = remove(example, "gate");
    const gone = example.slice(example.indexOf("  # A camera that asks"), example.indexOf("  lobby:"));
    expect(text).toBe(example.replace(gone, ""));
    expect(valid(text).config.streams.map(({ name }) => name)).not.toContain("gate");
  });

  test.each(["front-door", "yard", "gate", "lobby", "pattern", "custom", "exactly-mine"])(
    "%s of the example",
    (name) => {
      const before = valid(example).config.streams;
      const after = valid(remove(example, name)).config.streams;
      expect(after).toEqual(before.filter((stream) => stream.name !== name));
    },
  );

  test.each<[string, string, string]>([
    ["the first", "streams:\n  gone: { source: x } # its own\n  b: { source: y }\n", "streams:\n  b: { source: y }\n"],
    [
      "one in the middle",
      "streams:\n  a: { source: x }\n\n  # its own\n  gone:\n    source: x\n    # its own\n\n  # of b\n  b: { source: y }\n",
      "streams:\n  a: { source: x }\n\n  # of b\n  b: { source: y }\n",
    ],
    [
      "the last before another part",
      "streams:\n  a: { source: x }\n\n  gone: { source: y }\n\nrtsp: {}\n",
      "streams:\n  a: { source: x }\n\nrtsp: {}\n",
    ],
    [
      "the last of the file",
      "streams:\n  a: { source: x }\n\n  gone: { source: y }\n",
      "streams:\n  a: { source: x }\n",
    ],
    ["the only one", "streams: # mine\n  gone:\n    source: x\nrtsp: {}\n", "streams: {} # mine\nrtsp: {}\n"],
    ["one in braces", "streams: { gone: { source: x }, a: { source: y } }\n", "streams: { a: { source: y } }\n"],
  ])("%s", (_, before, after) => {
    expect(remove(before, "gone")).toBe(after);
  });

  test("not where there is none of that name", () => {
    expect(removeStream("streams:\n  a: { source: x }\n", "b")).toMatchObject({ ok: false });
    expect(removeStream("", "b")).toMatchObject({ ok: false });
  });
});

test("what was added can be removed again without a trace", () => {
  for (const text of [example, "streams:\n  a: { source: x }\n", "streams:\n  a: 1\n\n  b: 2\n\nrtsp: {}\n"]) {
    expect(remove(add(text, "new", { source: "y", record: "mkv" }), "new")).toBe(text);
  }
});

describe("the file", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "dslrs-edit-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const addYard = (text: string) => addStream(text, "yard", { source: "rtsp://h/x" });

  test("is replaced where a symlink leads, keeps its mode, and leaves nothing behind", async () => {
    const target = join(folder, "real.yaml");
    const link = join(folder, "config.yaml");
    writeFileSync(target, "streams: {}\n");
    chmodSync(target, 0o640);
    symlinkSync("real.yaml", link);
    expect(await editConfig(link, {}, addYard)).toEqual({ ok: true });
    expect(readFileSync(target, "utf8")).toBe("streams:\n  yard:\n    source: rtsp://h/x\n");
    expect(statSync(target).mode & 0o777).toBe(0o640);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readdirSync(folder).toSorted()).toEqual(["config.yaml", "real.yaml"]);
  });

  test("stays as it is where the result would be invalid", async () => {
    const path = join(folder, "config.yaml");
    const before = "streams:\n  a: { source: x, outputs: [{ type: rtsp, path: /yard }] }\n";
    writeFileSync(path, before);
    expect(await editConfig(path, {}, addYard)).toMatchObject({ ok: false, errors: [{ line: 3 }] });
    expect(readFileSync(path, "utf8")).toBe(before);
  });

  test("may have mistakes that the edit did not make", async () => {
    const path = join(folder, "config.yaml");
    writeFileSync(path, `streams:\n  a: { source: "\${ONLY_THE_SUPERVISOR_HAS_IT}" }\n`);
    expect(await editConfig(path, {}, addYard)).toEqual({ ok: true });
  });

  test("is edited after an edit that is under way, and loses nothing of it", async () => {
    const path = join(folder, "config.yaml");
    const draft = join(folder, ".config.yaml.dslrs-edit");
    writeFileSync(path, "streams: {}\n");
    writeFileSync(draft, "");
    const edited = editConfig(path, {}, addYard);
    writeFileSync(path, "streams:\n  gate: { source: rtsp://h/y }\n");
    rmSync(draft);
    expect(await edited).toEqual({ ok: true });
    expect(valid(readFileSync(path, "utf8")).config.streams.map(({ name }) => name)).toEqual(["gate", "yard"]);
  });

  test("does not wait for an edit that was killed", async () => {
    const path = join(folder, "config.yaml");
    const draft = join(folder, ".config.yaml.dslrs-edit");
    writeFileSync(path, "streams: {}\n");
    writeFileSync(draft, "");
    utimesSync(draft, 0, 0);
    expect(await editConfig(path, {}, addYard)).toEqual({ ok: true });
    expect(readdirSync(folder)).toEqual(["config.yaml"]);
  });

  test("must be there", async () => {
    const result = await editConfig(join(folder, "none.yaml"), {}, addYard);
    expect(result).toMatchObject({ ok: false, errors: [{ message: expect.stringContaining("does not exist") }] });
  });
});
