/** `dslrs kick ID`: ends one viewer. */

import { orderKick } from "../report/client.js";
import { readViewerId } from "../report/viewers.js";
import { addressOf, type CommandContext, type ExitCode, fail, failedAnswer, type GlobalOptions } from "./context.js";

export async function kick(context: CommandContext, text: string, options: GlobalOptions): Promise<ExitCode> {
  const id = readViewerId(text);
  if (id === undefined) {
    const hint = "They look like front-door/3; `dslrs viewers` shows them.";
    return fail(context, `"${text.slice(0, 80)}" is not the id of a viewer.`, hint, 2);
  }
  const answer = await orderKick(addressOf(context, options), id);
  if (!answer.ok) return failedAnswer(context, answer);
  context.stdout.write(`${answer.value.message}\n`);
  return 0;
}
