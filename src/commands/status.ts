/** `dslrs status [--json] [--watch]` */

import { setTimeout as delay } from "node:timers/promises";
import { type Answered, fetchStatus, type InstanceAddress } from "../report/client.js";
import type { StatusReport } from "../report/status.js";
import { statusTable } from "../report/status-table.js";
import { columnsOf, paintFor } from "../report/terminal.js";
import { addressOf, type CommandContext, type ExitCode, failedAnswer, type GlobalOptions } from "./context.js";

export interface StatusOptions extends GlobalOptions {
  readonly json?: boolean;
  readonly watch?: boolean;
}

const WATCH_EVERY_MS = 1_000;
const CLEAR_SCREEN = "\x1b[H\x1b[2J\x1b[3J";

export async function status(context: CommandContext, options: StatusOptions): Promise<ExitCode> {
  const address = addressOf(context, options);
  const first = await fetchStatus(address);
  if (!first.ok) return failedAnswer(context, first);
  if (options.watch !== true) {
    context.stdout.write(reportText(context, first.value, options));
    return 0;
  }
  return watch(context, address, first, options);
}

async function watch(
  context: CommandContext,
  address: InstanceAddress,
  first: Answered<StatusReport>,
  options: StatusOptions,
): Promise<ExitCode> {
  const clear = context.stdout.isTTY === true && options.json !== true ? CLEAR_SCREEN : "";
  for (let answer = first; !context.readerGone.aborted; answer = await fetchStatus(address)) {
    if (!answer.ok) return failedAnswer(context, answer);
    context.stdout.write(clear + reportText(context, answer.value, options));
    await delay(WATCH_EVERY_MS);
  }
  return 0;
}

function reportText(context: CommandContext, report: StatusReport, options: StatusOptions): string {
  if (options.json === true) return `${JSON.stringify(report, null, options.watch === true ? 0 : 2)}\n`;
  const paint = paintFor(context.stdout, context.env);
  return statusTable(report, { now: new Date(), columns: columnsOf(context.stdout) ?? 80, paint });
}
