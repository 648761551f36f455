/** `dslrs logs STREAM [-f]`: reads the files themselves, so it needs no running supervisor. */

import { once } from "node:events";
import { dirname } from "node:path";
import { instanceDirectory } from "../report/instance.js";
import { streamLogPath } from "../report/log.js";
import { formatLogRecord, type LogRecord } from "../report/log-line.js";
import { followLog, loggedStreams, readLog } from "../report/log-read.js";
import { columnsOf, paintFor } from "../report/terminal.js";
import { addressOf, type CommandContext, type ExitCode, fail, type GlobalOptions } from "./context.js";
import { createDayMarks } from "./days.js";
import { knownStreamsHint, nameProblem } from "./names.js";

export interface LogsOptions extends GlobalOptions {
  readonly follow?: boolean;
  readonly lines: number;
  readonly json?: boolean;
}

export async function logs(context: CommandContext, stream: string, options: LogsOptions): Promise<ExitCode> {
  const problem = nameProblem(stream);
  if (problem !== undefined) return fail(context, problem, null, 2);
  const address = addressOf(context, options);
  const path = streamLogPath(instanceDirectory(address.runtimeDir, address.instance), stream);
  const records = readLog(path, options.lines);
  if (records === undefined) return noLog(context, stream, path);
  const print = printer(context, options);
  for (const record of records) print(record);
  if (options.follow !== true) return 0;
  const tail = followLog(path, print);
  await closed(context.readerGone);
  tail.stop();
  return 0;
}

function noLog(context: CommandContext, stream: string, path: string): ExitCode {
  const known = loggedStreams(dirname(path));
  return known === null
    ? fail(context, `You may not read ${path}.`, "Run the command as the user who ran `dslrs up`, or with sudo.")
    : fail(context, `There is no log of a stream "${stream}" (no ${path}).`, knownStreamsHint(stream, known));
}

function printer(context: CommandContext, options: LogsOptions): (record: LogRecord) => void {
  if (options.json === true) {
    return ({ fields, ...record }) => context.stdout.write(`${JSON.stringify({ ...record, ...fields })}\n`);
  }
  const paint = paintFor(context.stdout, context.env);
  const markDay = createDayMarks(context);
  return (record) => {
    markDay(record.time);
    context.stdout.write(formatLogRecord(record, paint, columnsOf(context.stdout)));
  };
}

async function closed(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, "abort");
}
