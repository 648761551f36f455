/**
 * The log: to the terminal for a person, as JSON lines for a pipe, and besides to files in the instance's directory,
 * `supervisor.log` with everything and `logs/<stream>.log` with all that concerns one stream.
 */

import { join } from "node:path";
import { type Logger, pino, stdTimeFunctions } from "pino";
import { type LogFile, type LogFileLimits, openLogFile } from "./log-file.js";
import { formatLogRecord, type LogLevel, parseLogLine } from "./log-line.js";
import { redact } from "./redact.js";
import { columnsOf, type Output, paintFor } from "./terminal.js";

export type { LogLevel } from "./log-line.js";

export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
  /** Lines of this log concern one stream and go into its file too. */
  forStream(name: string): Log;
}

export interface LogOptions {
  /** The directory of the instance; null: no files. */
  readonly directory: string | null;
  readonly level?: LogLevel;
  readonly output?: Output;
  /** Lines for a person instead of JSON; by default where `output` is a terminal. */
  readonly pretty?: boolean;
  readonly fileLimits?: LogFileLimits;
}

/** Longer messages are cut: a camera chooses what it answers, and how much. */
const MESSAGE_LIMIT = 4096;
/** A reader that stopped reading (`dslrs up | less`) must not fill the memory; the files still have every line. */
const UNREAD_LIMIT_BYTES = 1024 * 1024;

export function supervisorLogPath(instanceDirectory: string): string {
  return join(instanceDirectory, "supervisor.log");
}

export function streamLogPath(instanceDirectory: string, stream: string): string {
  return join(instanceDirectory, "logs", `${stream}.log`);
}

export function createLog(options: LogOptions): Log {
  const toOutput = outputWriter(options);
  const toFiles = options.directory === null ? undefined : fileWriter(options.directory, options.fileLimits);
  const logger = pino(
    {
      level: options.level ?? "info",
      base: null,
      messageKey: "message",
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    {
      write(line: string) {
        const clean = redact(line);
        toOutput(clean);
        toFiles?.(clean);
      },
    },
  );
  return logOf(logger);
}

function logOf(logger: Logger): Log {
  const writer =
    (level: LogLevel) =>
    (message: string, fields: Record<string, unknown> = {}) =>
      logger[level](fields, message.slice(0, MESSAGE_LIMIT));
  return {
    debug: writer("debug"),
    info: writer("info"),
    warn: writer("warn"),
    error: writer("error"),
    forStream: (stream) => logOf(logger.child({ stream })),
  };
}

function outputWriter(options: LogOptions): (line: string) => void {
  const output = options.output ?? process.stdout;
  const pretty = options.pretty ?? output.isTTY === true;
  const paint = paintFor(output);
  return (line) => {
    if ((output.writableLength ?? 0) > UNREAD_LIMIT_BYTES) return;
    const record = pretty ? parseLogLine(line) : undefined;
    output.write(record === undefined ? line : formatLogRecord(record, paint, columnsOf(output)));
  };
}

function fileWriter(directory: string, limits: LogFileLimits | undefined): (line: string) => void {
  const everything = openLogFile(supervisorLogPath(directory), limits);
  const ofStreams = new Map<string, LogFile>();
  return (line) => {
    everything.append(line);
    const stream = parseLogLine(line)?.stream;
    if (stream === undefined) return;
    const file = ofStreams.get(stream) ?? openLogFile(streamLogPath(directory, stream), limits);
    ofStreams.set(stream, file);
    file.append(line);
  };
}
