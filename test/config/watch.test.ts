/** Each way of saving a file, on real files. */

import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ConfigChange, type ConfigWatch, watchConfig } from "../../src/config/watch.js";

let folder: string;
let path: string;
let watching: ConfigWatch | undefined;
let seen: string[];
let arrived: () => void;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dslrs-watch-"));
  path = join(folder, "config.yaml");
  writeFileSync(path, "before");
  seen = [];
  arrived = () => {};
});

afterEach(async () => {
  await watching?.close();
  watching = undefined;
  rmSync(folder, { recursive: true, force: true });
});

/** With a first save behind it, so that what comes next is found by its own events. */
async function start(watched = path): Promise<ConfigWatch> {
  const watch = await startCold(watched);
  writeFileSync(watched, "first");
  await told("first");
  seen = [];
  return watch;
}

async function startCold(watched = path): Promise<ConfigWatch> {
  watching = await watchConfig(watched, (change: ConfigChange) => {
    seen.push(change.type === "changed" ? Buffer.from(change.content).toString() : "(missing)");
    arrived();
  });
  return watching;
}

/** Resolves when `content` has been told of; what was told up to then is in `seen`. */
async function told(content: string): Promise<void> {
  while (seen.at(-1) !== content) {
    await new Promise<void>((resolve) => {
      arrived = resolve;
    });
  }
}

test("written in place", async () => {
  await start();
  writeFileSync(path, "second");
  await told("second");
  expect(seen).toEqual(["second"]);
});

test("written beside and renamed over it, again and again", async () => {
  await start();
  for (const content of ["second", "third", "fourth"]) {
    writeFileSync(join(folder, ".config.yaml.swp"), content);
    renameSync(join(folder, ".config.yaml.swp"), path);
    await told(content);
  }
  expect(seen).toEqual(["second", "third", "fourth"]);
});

test("moved aside and written anew, as vim does with backups", async () => {
  await start();
  renameSync(path, `${path}~`);
  writeFileSync(path, "second");
  await told("second");
  expect(seen).toEqual(["second"]);
});

test("deleted and created", async () => {
  await start();
  unlinkSync(path);
  writeFileSync(path, "second");
  await told("second");
  expect(seen).toEqual(["second"]);
});

test("two saves in a row end in the second", async () => {
  await start();
  writeFileSync(path, "second");
  writeFileSync(path, "third");
  await told("third");
  writeFileSync(path, "fourth");
  await told("fourth");
  expect(seen).toEqual(["third", "fourth"]);
});

test("the same content again is no change", async () => {
  await start();
  writeFileSync(path, "first");
  writeFileSync(join(folder, "new"), "first");
  renameSync(join(folder, "new"), path);
  writeFileSync(join(folder, "unrelated"), "x");
  unlinkSync(path);
  writeFileSync(path, "second");
  await told("second");
  expect(seen).toEqual(["second"]);
});

describe("through symlinks", () => {
  test("the link is swapped", async () => {
    const link = join(folder, "link.yaml");
    writeFileSync(join(folder, "other.yaml"), "second");
    symlinkSync("config.yaml", link);
    await start(link);
    symlinkSync("other.yaml", join(folder, "next"));
    renameSync(join(folder, "next"), link);
    await told("second");
    writeFileSync(join(folder, "other.yaml"), "third");
    await told("third");
    expect(seen).toEqual(["second", "third"]);
  });

  test("the target in another folder is replaced", async () => {
    const target = join(folder, "elsewhere", "target.yaml");
    mkdirSync(join(folder, "elsewhere"));
    writeFileSync(target, "before");
    const link = join(folder, "link.yaml");
    symlinkSync(target, link);
    await start(link);
    writeFileSync(`${target}.new`, "second");
    renameSync(`${target}.new`, target);
    await told("second");
  });

  test("a mounted ConfigMap is updated", async () => {
    const version = (name: string, content: string) => {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, "config.yaml"), content);
      symlinkSync(name, join(folder, "..data_tmp"));
      renameSync(join(folder, "..data_tmp"), join(folder, "..data"));
    };
    unlinkSync(path);
    version("..1", "before");
    symlinkSync("..data/config.yaml", path);
    await start();
    version("..2", "second");
    rmSync(join(folder, "..1"), { recursive: true });
    await told("second");
    version("..3", "third");
    rmSync(join(folder, "..2"), { recursive: true });
    await told("third");
    expect(seen).toEqual(["second", "third"]);
  });

  test("a folder on the way is a link that is swapped", async () => {
    for (const version of ["v1", "v2"]) {
      mkdirSync(join(folder, version));
      writeFileSync(join(folder, version, "config.yaml"), version);
    }
    symlinkSync("v1", join(folder, "current"));
    await start(join(folder, "current", "config.yaml"));
    symlinkSync("v2", join(folder, "next"));
    renameSync(join(folder, "next"), join(folder, "current"));
    await told("v2");
  });
});

describe("a file that is gone", () => {
  test("is told of once, and so is its return", async () => {
    await start();
    unlinkSync(path);
    await told("(missing)");
    writeFileSync(path, "first");
    await told("first");
    expect(seen).toEqual(["(missing)", "first"]);
  });

  test("returns with its folder", async () => {
    await start(path);
    const content = readFileSync(path);
    rmSync(folder, { recursive: true });
    await told("(missing)");
    mkdirSync(folder);
    writeFileSync(path, content);
    await told("first");
    writeFileSync(path, "second");
    await told("second");
    expect(seen).toEqual(["(missing)", "first", "second"]);
  });

  test("may come later than the watch", async () => {
    unlinkSync(path);
    await startCold();
    writeFileSync(path, "second");
    await told("second");
    expect(seen).toEqual(["second"]);
  });
});

test("a folder moved away and replaced is followed", async () => {
  const inner = join(folder, "inner");
  mkdirSync(inner);
  writeFileSync(join(inner, "config.yaml"), "before");
  await start(join(inner, "config.yaml"));
  mkdirSync(join(folder, "next"));
  writeFileSync(join(folder, "next", "config.yaml"), "second");
  renameSync(inner, join(folder, "old"));
  renameSync(join(folder, "next"), inner);
  await told("second");
  writeFileSync(join(inner, "config.yaml"), "third");
  await told("third");
});

test("an emptied file is told of in the end", async () => {
  await start();
  writeFileSync(path, "");
  await told("");
  expect(seen).toEqual([""]);
});

test("password files are followed, also to another folder", async () => {
  const secrets = join(folder, "secrets");
  const password = join(secrets, "gate");
  mkdirSync(secrets);
  writeFileSync(password, "one");
  const watch = await start();
  watch.follow([password]);
  writeFileSync(path, "second");
  await told("second");
  seen.length = 0;
  writeFileSync(password, "two");
  await told("second");
  watch.follow([]);
  writeFileSync(password, "three");
  writeFileSync(path, "third");
  await told("third");
  expect(seen).toEqual(["second", "third"]);
});

test("nothing is told after closing", async () => {
  const watch = await start();
  writeFileSync(path, "second");
  await watch.close();
  const heard: string[] = [];
  const other = await watchConfig(path, () => {
    heard.push("other");
    arrived();
  });
  writeFileSync(path, "third");
  await new Promise<void>((resolve) => {
    arrived = resolve;
  });
  await other.close();
  expect([seen, heard]).toEqual([[], ["other"]]);
});
