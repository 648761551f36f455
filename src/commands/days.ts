/** Lines that say only the time of day need a mark where another day begins. */

import { paintFor } from "../report/terminal.js";
import type { CommandContext } from "./context.js";

/** Called with the time of each line before it is printed. */
export function createDayMarks(context: CommandContext): (time: string) => void {
  const paint = paintFor(context.stdout, context.env);
  let day = new Date().toDateString();
  return (time) => {
    const dayOfLine = new Date(time).toDateString();
    if (dayOfLine !== day) context.stdout.write(`${paint("dim", `-- ${dayOfLine} --`)}\n`);
    day = dayOfLine;
  };
}
