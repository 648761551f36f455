/** A file in the middle of being saved is no change, but one that stays away is. */

import { mkdtempSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type WatchedFiles, watchFiles } from "../../src/config/watched-files.js";

let folder: string;
let config: string;
let files: WatchedFiles;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dslrs-files-"));
  config = join(folder, "config.yaml");
  writeFileSync(config, "first");
  files = watchFiles(config);
});

afterEach(() => rmSync(folder, { recursive: true }));

test.each([
  ["missing", () => unlinkSync(config)],
  ["empty", () => writeFileSync(config, "")],
])("a file may be %s for a second", (_, disturb) => {
  disturb();
  expect([files.look(0), files.look(999)]).toEqual(["unsettled", "unsettled"]);
  writeFileSync(config, "first");
  expect(files.look(1_500)).toBe("same");
  disturb();
  expect([files.look(2_000), files.look(3_000), files.look(3_001)]).toEqual(["unsettled", "changed", "same"]);
  writeFileSync(config, "first");
  expect(files.look(4_000)).toBe("changed");
});

test("a missing password file waits too, and its return is a change", () => {
  const password = join(folder, "pw");
  files.follow([password]);
  expect([files.look(0), files.isAnyMissing()]).toEqual(["same", true]);
  writeFileSync(password, "x");
  expect([files.look(1), files.isAnyMissing()]).toEqual(["changed", false]);
  unlinkSync(password);
  expect([files.look(2), files.look(1_002)]).toEqual(["unsettled", "changed"]);
});
