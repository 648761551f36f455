/** `dslrs-join`: makes one file of recordings, without encoding anything (workers/join). */

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface JoinFile {
  readonly root: string;
  /** From the root. */
  readonly path: string;
  /** ms since 1970, like all times here. */
  readonly startedAt: number;
  /** `undefined`: nobody knows. */
  readonly endedAt?: number;
}

export interface JoinRequest {
  /** Absolute; ends in `.mp4` or `.mkv`. */
  readonly output: string;
  readonly force: boolean;
  readonly mode: number;
  readonly from: number;
  readonly to: number;
  /** In the order of time. */
  readonly files: readonly JoinFile[];
}

export interface JoinedClip {
  readonly path: string;
  readonly durationMs: number;
  /** Of the video. */
  readonly frames: number;
  /** When it was recorded. */
  readonly from: number;
  readonly to: number;
}

export interface JoinAnswer {
  readonly ok: boolean;
  /** Why not. */
  readonly message?: string;
  /** What was finished; several where the format changed in between. */
  readonly outputs: readonly JoinedClip[];
  /** Closed up in the clip. */
  readonly gaps: readonly { readonly from: number; readonly to: number }[];
}

export interface JoinParts {
  /** Path of dslrs-join. */
  readonly program: string;
  /** How far it is: the time of what is being written. */
  readonly onProgress: (at: number) => void;
  /** A sentence for a person: what is left out, and why. */
  readonly onNote: (sentence: string) => void;
}

/** Never rejects. The program ends, and removes what is unfinished, when this process ends first. */
export function joinRecordings(request: JoinRequest, { program, onProgress, onNote }: JoinParts): Promise<JoinAnswer> {
  const child = spawn(program, [], { stdio: ["pipe", "pipe", "inherit"] });
  return new Promise((resolve) => {
    let answer: JoinAnswer | undefined;
    createInterface({ input: child.stdout }).on("line", (line) => {
      const said = lineOf(line);
      if (typeof said?.at === "number") onProgress(said.at);
      if (typeof said?.note === "string") onNote(said.note);
      if (typeof said?.ok === "boolean") answer = { ...failed(""), ...said };
    });
    child.stdin.on("error", () => {}); // it ended, which is told below
    child.once("error", (error) => resolve(failed(`dslrs-join cannot be run: ${error.message}`)));
    child.once("close", (code, signal) => resolve(answer ?? failed(`dslrs-join ended (${signal ?? `code ${code}`})`)));
    child.stdin.end(JSON.stringify(request));
  });
}

function failed(message: string): JoinAnswer {
  return { ok: false, message, outputs: [], gaps: [] };
}

function lineOf(line: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
