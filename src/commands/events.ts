/** `dslrs events [STREAM] [-f]`: what happened to the streams and to the instance. Without a supervisor: what its files tell. */

import { type ClientFailure, fetchEvents, fetchStatus, type InstanceAddress } from "../report/client.js";
import type { EventQuery, EventRecord } from "../report/event.js";
import { formatEvent } from "../report/event-text.js";
import { storedEvents } from "../report/events.js";
import { instanceDirectory } from "../report/instance.js";
import { columnsOf, paintFor } from "../report/terminal.js";
import { addressOf, type CommandContext, type ExitCode, fail, failedAnswer, type GlobalOptions } from "./context.js";
import { createDayMarks } from "./days.js";
import { knownStreamsHint, nameProblem } from "./names.js";

export interface EventsOptions extends GlobalOptions {
  readonly follow?: boolean;
  readonly lines: number;
  readonly json?: boolean;
}

type Print = (events: readonly EventRecord[]) => void;

const WAIT_SECONDS = 20;
const MOST_AT_ONCE = 1_000;

export async function events(
  context: CommandContext,
  stream: string | undefined,
  options: EventsOptions,
): Promise<ExitCode> {
  const problem = stream === undefined ? undefined : nameProblem(stream);
  if (problem !== undefined) return fail(context, problem, null, 2);
  const address = addressOf(context, options);
  const query = { ...(stream === undefined ? {} : { stream }), limit: options.lines };
  const print = printer(context, options);
  // One at least: whoever follows goes on from there.
  const first = await fetchEvents(address, { ...query, limit: Math.max(1, query.limit) });
  if (!first.ok) return withoutAnswer(context, address, query, first, print);
  print(query.limit === 0 ? [] : first.value);
  return options.follow === true ? follow(context, address, query, first.value, print) : 0;
}

/** Each question goes on where the last answer ended. */
async function follow(
  context: CommandContext,
  address: InstanceAddress,
  { stream }: EventQuery,
  past: readonly EventRecord[],
  print: Print,
): Promise<ExitCode> {
  const signal = context.readerGone;
  let since = past.at(-1)?.id ?? 0;
  while (!signal.aborted) {
    const question = { ...(stream === undefined ? {} : { stream }), since, limit: MOST_AT_ONCE };
    const answer = await fetchEvents(address, { ...question, waitSeconds: WAIT_SECONDS, signal });
    if (signal.aborted) break;
    if (!answer.ok) return failedAnswer(context, answer);
    print(answer.value);
    since = answer.value.at(-1)?.id ?? since;
  }
  return 0;
}

async function withoutAnswer(
  context: CommandContext,
  address: InstanceAddress,
  query: EventQuery,
  failure: ClientFailure,
  print: Print,
): Promise<ExitCode> {
  if (failure.kind === "refused" && query.stream !== undefined) {
    const status = await fetchStatus(address);
    const names = status.ok ? status.value.streams.map((stream) => stream.name) : [];
    return fail(context, failure.message, knownStreamsHint(query.stream, names));
  }
  const left =
    failure.kind === "notRunning" ? storedEvents(instanceDirectory(address.runtimeDir, address.instance), query) : [];
  if (left.length === 0) return failedAnswer(context, failure);
  print(left);
  return fail(context, failure.message, "These are the events that it left.");
}

function printer(context: CommandContext, options: EventsOptions): Print {
  if (options.json === true) {
    return (records) => {
      for (const record of records) context.stdout.write(`${JSON.stringify(record)}\n`);
    };
  }
  const paint = paintFor(context.stdout, context.env);
  const columns = columnsOf(context.stdout);
  const markDay = createDayMarks(context);
  return (records) => {
    for (const record of records) {
      markDay(record.at);
      context.stdout.write(formatEvent(record, paint, columns));
    }
  };
}
