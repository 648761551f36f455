/** `dslrs check CONFIG`: is it valid, and what would it change? Nothing is done. */

import { resolve } from "node:path";
import type { Config } from "../config/model.js";
import { plan } from "../policy/plan.js";
import { instanceSpec } from "../policy/spec.js";
import { fetchCheck } from "../report/client.js";
import { redact } from "../report/redact.js";
import { addressOf, type CommandContext, type ExitCode, failedAnswer, type GlobalOptions } from "./context.js";
import { readConfig, showProblems } from "./read-config.js";

export async function check(context: CommandContext, path: string, options: GlobalOptions): Promise<ExitCode> {
  const config = readConfig(context, path);
  if (config === null) return 2;
  const address = addressOf(context, options, config.instance);
  const answer = await fetchCheck(address, resolve(path));
  if (answer.ok && !answer.value.ok) {
    showProblems(context, path, answer.value.problems);
    return 2;
  }
  if (!answer.ok && answer.kind !== "notRunning") return failedAnswer(context, answer);
  const running = answer.ok && answer.value.ok ? answer.value.steps : undefined;
  const sentences = running === undefined ? stepsOfStart(config) : running.map((step) => step.sentence);
  const subject = `instance "${address.instance}"`;
  const heading = running === undefined ? `A start of ${subject}, which is not running:` : `Running ${subject}:`;
  context.stdout.write(`${path} is valid.\n${heading}\n${listOf(sentences)}`);
  return 0;
}

function listOf(sentences: readonly string[]): string {
  return (sentences.length === 0 ? ["nothing changes"] : sentences).map((sentence) => `  ${sentence}\n`).join("");
}

function stepsOfStart(config: Config): string[] {
  // Nothing runs yet, so there is nothing to compare and fingerprints may be anything.
  const wanted = instanceSpec(config, () => "", redact);
  const steps = plan({ ...wanted, cameras: [], streams: [] }, wanted);
  return steps.filter(({ step }) => step !== "setRoutes").map(({ sentence }) => sentence);
}
