/** The questions that the API knows, and what is answered to each. */

import type { IncomingMessage } from "node:http";
import type { ControlResult, RecordRequest, SupervisorControl } from "../supervisor/control.js";
import type { EventsDesk } from "./api-events.js";
import type { Log } from "./log.js";
import { recordingsReport } from "./recordings.js";

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export interface AnswersParts {
  readonly control: SupervisorControl;
  readonly desk: EventsDesk;
  readonly log: Log;
}

interface Question extends AnswersParts {
  /** Of the path; "" where it names none. */
  readonly stream: string;
  readonly parameters: URLSearchParams;
  readonly body: string;
  /** Aborted when the asker is gone. */
  readonly left: AbortSignal;
}

interface Route {
  readonly method: "GET" | "POST";
  readonly path: RegExp;
  readonly answer: (question: Question) => Answer | Promise<Answer>;
}

const BODY_LIMIT_BYTES = 64 * 1024;

const ROUTES: readonly Route[] = [
  { method: "GET", path: /^\/v1\/status$/, answer: ({ control }) => given(control.status()) },
  { method: "GET", path: /^\/v1\/events$/, answer: events },
  { method: "GET", path: /^\/v1\/recordings$/, answer: recordings },
  { method: "POST", path: /^\/v1\/recordings\/reindex$/, answer: reindex },
  { method: "GET", path: /^\/v1\/streams\/([^/]+)\/why$/, answer: why },
  { method: "POST", path: /^\/v1\/streams\/([^/]+)\/pause$/, answer: (question) => order(question, "pause") },
  { method: "POST", path: /^\/v1\/streams\/([^/]+)\/resume$/, answer: (question) => order(question, "resume") },
  { method: "POST", path: /^\/v1\/streams\/([^/]+)\/restart$/, answer: (question) => order(question, "restart") },
  { method: "POST", path: /^\/v1\/streams\/([^/]+)\/record$/, answer: record },
  { method: "POST", path: /^\/v1\/streams\/([^/]+)\/kick$/, answer: kick },
  { method: "GET", path: /^\/v1\/viewers$/, answer: viewers },
  { method: "POST", path: /^\/v1\/check$/, answer: ({ control, body }) => check(control, body) },
  { method: "POST", path: /^\/v1\/down$/, answer: down },
];

export function createAnswers(parts: AnswersParts): (request: IncomingMessage, left: AbortSignal) => Promise<Answer> {
  return async (request, left) => {
    const [path = "", parameters] = (request.url ?? "").split("?", 2);
    const route = ROUTES.find((each) => each.path.test(path));
    if (!route) return refusal(404, `Nothing is at ${path}.`, "See src/report/api-answers.ts for what there is.");
    if (request.method !== route.method) return refusal(405, `${path} takes ${route.method}.`);
    const body = await readBody(request);
    if (body === undefined) return refusal(413, `A request may have ${BODY_LIMIT_BYTES} bytes.`);
    const stream = route.path.exec(path)?.[1] ?? "";
    return route.answer({ ...parts, stream, parameters: new URLSearchParams(parameters), body, left });
  };
}

export function refusal(status: number, error: string, hint: string | null = null): Answer {
  return { status, body: { error, hint } };
}

function given(body: unknown): Answer {
  return { status: 200, body };
}

async function events({ desk, parameters, left }: Question): Promise<Answer> {
  const answer = await desk.answer(parameters, left);
  return answer.status === 200 ? answer : refusal(answer.status, answer.error);
}

async function recordings({ control, parameters }: Question): Promise<Answer> {
  const query: Record<string, string | number> = {};
  for (const key of ["stream", "output"]) {
    const name = parameters.get(key);
    if (name !== null) query[key] = name;
  }
  for (const key of ["from", "to"]) {
    const text = parameters.get(key);
    if (text !== null && !/^-?\d{1,15}$/.test(text)) return refusal(400, "`from` and `to` are ms since 1970.");
    if (text !== null) query[key] = Number(text);
  }
  return given(recordingsReport(await control.recordings(query)));
}

async function reindex({ control }: Question): Promise<Answer> {
  const result = await control.reindex();
  return result.ok ? given({ message: result.message }) : refusal(503, result.message, result.hint ?? null);
}

function why({ control, stream }: Question): Answer {
  const report = control.why(stream);
  return report ? given(report) : noStream(control, stream);
}

async function down({ control, log }: Question): Promise<Answer> {
  log.info("Asked to stop by `dslrs down`");
  await control.down();
  return given({ message: "Everything has stopped." });
}

async function order({ control, stream }: Question, verb: "pause" | "resume" | "restart"): Promise<Answer> {
  if (!namesOf(control).includes(stream)) return noStream(control, stream);
  const result: ControlResult = await control[verb](stream);
  return result.ok ? given({ message: result.message }) : refusal(409, result.message, result.hint ?? null);
}

async function record({ control, stream, body }: Question): Promise<Answer> {
  const request = recordRequestOf(body);
  if (typeof request === "string") return refusal(400, request);
  if (!namesOf(control).includes(stream)) return noStream(control, stream);
  const result = await control.record(stream, request);
  if (!result.ok) return refusal(409, result.message, result.hint ?? null);
  const { isAway, recordings } = result;
  return given({ isAway, recordings });
}

async function viewers({ control, parameters }: Question): Promise<Answer> {
  const stream = parameters.get("stream") ?? undefined;
  if (stream !== undefined && !namesOf(control).includes(stream)) return noStream(control, stream);
  return given(await control.viewers(stream));
}

async function kick({ control, stream, body }: Question): Promise<Answer> {
  const viewer = membersOf(body)?.viewer;
  if (!isWholeNumber(viewer, 1, 2 ** 31 - 1)) return refusal(400, "The body must be a JSON object with a `viewer`.");
  if (!namesOf(control).includes(stream)) return noStream(control, stream);
  const result = await control.kick(stream, viewer);
  return result.ok ? given({ message: result.message }) : refusal(409, result.message, result.hint ?? null);
}

function namesOf(control: SupervisorControl): string[] {
  return control.status().streams.map((stream) => stream.name);
}

function noStream(control: SupervisorControl, name: string): Answer {
  const names = namesOf(control);
  const known = names.length === 0 ? "There are none." : `There are: ${names.join(", ")}.`;
  return refusal(404, `There is no stream "${name.slice(0, 64)}".`, known);
}

async function check(control: SupervisorControl, body: string): Promise<Answer> {
  const configPath = configPathOf(body);
  if (configPath === undefined) return refusal(400, "The body must be a JSON object with an absolute `configPath`.");
  return given(await control.check(configPath));
}

function configPathOf(body: string): string | undefined {
  const configPath = membersOf(body)?.configPath;
  return typeof configPath === "string" && configPath.startsWith("/") ? configPath : undefined;
}

const LONGEST_EVENT_MS = 86_400_000;
const LONGEST_PRE_ROLL_MS = 600_000;

/** A sentence where it is none. */
function recordRequestOf(body: string): RecordRequest | string {
  const { forMs, preMs = null, output = null } = membersOf(body) ?? {};
  if (!isWholeNumber(forMs, 1_000, LONGEST_EVENT_MS)) {
    return "The body must be a JSON object with `forMs`, from a second to a day.";
  }
  if (preMs !== null && !isWholeNumber(preMs, 0, LONGEST_PRE_ROLL_MS)) return "`preMs` goes up to ten minutes.";
  if (output !== null && typeof output !== "string") return "`output` is the id of an output.";
  return { forMs, preMs, output };
}

function isWholeNumber(value: unknown, least: number, most: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= least && value <= most;
}

/** `undefined`: it is no JSON object. */
function membersOf(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** `undefined`: longer than allowed. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= BODY_LIMIT_BYTES) chunks.push(chunk);
  }
  return length > BODY_LIMIT_BYTES ? undefined : Buffer.concat(chunks).toString("utf8");
}
