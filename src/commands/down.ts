/** `dslrs down`: stops the supervisor, every worker and the router, in order. */

import { type Answered, fetchStatus, type InstanceAddress, orderDown } from "../report/client.js";
import { addressOf, type CommandContext, type ExitCode, failedAnswer, type GlobalOptions } from "./context.js";

export async function down(context: CommandContext, options: GlobalOptions): Promise<ExitCode> {
  const address = addressOf(context, options);
  const answer = await orderDown(address);
  if (!answer.ok && !(await goneAllTheSame(address, answer))) return failedAnswer(context, answer);
  context.stdout.write(`Instance "${address.instance}" has stopped.\n`);
  return 0;
}

/** The supervisor may end (by a second Ctrl-C, say) before it could answer. */
async function goneAllTheSame(address: InstanceAddress, answer: Answered<unknown>): Promise<boolean> {
  if (answer.ok || answer.kind !== "broken") return false;
  const status = await fetchStatus(address);
  return !status.ok && status.kind === "notRunning";
}
