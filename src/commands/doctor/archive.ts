/** What of the recordings of a root wants a look: its index, what was left unfinished, what is in quarantine. */

import type { Config } from "../../config/model.js";
import { checkIndexFile } from "../../recordings/index-file.js";
import { createLibrary } from "../../recordings/library.js";
import { countQuarantined } from "../../recordings/quarantine.js";
import { type Finding, ok, warn } from "./finding.js";

/** A file that is being written changes every second. */
const LEFT_AFTER_MS = 60_000;

export async function archiveFindings({
  recordings,
  streams,
}: Pick<Config, "recordings" | "streams">): Promise<Finding[]> {
  const findings = recordings.roots.map(async (root) => [
    indexFinding(root),
    await leftoverFinding(root, streams),
    await quarantineFinding(root),
  ]);
  return (await Promise.all(findings)).flat().filter((finding) => finding !== undefined);
}

function indexFinding(root: string): Finding | undefined {
  const what = "index of recordings";
  const found = checkIndexFile(root);
  if (found.is === "missing") return undefined;
  if (found.is === "good") return ok(what, `${root}: ${found.recordings} recordings, ${found.gaps} gaps`);
  return warn(what, `${root}: ${found.why}`, "it is set aside and made again from the files at the next start");
}

async function leftoverFinding(root: string, streams: Config["streams"]): Promise<Finding | undefined> {
  const now = Date.now();
  const library = createLibrary({ root, now: () => now, templatesOf: () => [] });
  let left = 0;
  for (const stream of streams) {
    for (const output of stream.kind === "media" ? stream.outputs : []) {
      if (output.kind !== "record") continue;
      const owner = { stream: stream.name, output: output.id, template: output.path };
      const { unfinished = [] } = (await library.look(owner)) ?? {};
      left += unfinished.filter(({ changedAtMs }) => now - changedAtMs > LEFT_AFTER_MS).length;
    }
  }
  if (left === 0) return undefined;
  const detail = `${root}: ${left} left unfinished`;
  return warn(
    "unfinished recordings",
    detail,
    "a running dslrs mends them; without one: dslrs recordings --reindex --root DIR",
  );
}

async function quarantineFinding(root: string): Promise<Finding | undefined> {
  const count = await countQuarantined(root);
  if (count === 0) return undefined;
  const detail = `${root}/quarantine: ${count} unfinished, with nothing to save`;
  return warn("quarantine", detail, `read ${root}/quarantine/log.txt, then remove what nobody needs`);
}
