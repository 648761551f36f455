/**
 * The command line as commander sees it. A verb's module is loaded when the verb is used, so that `dslrs status` does
 * not wait for the libraries of `dslrs up`.
 */

import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import type { AddOptions } from "./add.js";
import type { CommandContext, GlobalOptions } from "./context.js";
import type { DoctorOptions } from "./doctor/doctor.js";
import type { EventsOptions } from "./events.js";
import type { ExportOptions } from "./export.js";
import type { LogsOptions } from "./logs.js";
import { isName } from "./names.js";
import type { OrderVerb } from "./order.js";
import type { PasswdOptions } from "./passwd.js";
import type { RecordOptions } from "./record.js";
import type { RecordingsOptions } from "./recordings.js";
import type { RemoveOptions } from "./remove.js";
import type { StatusOptions } from "./status.js";
import type { ViewersOptions } from "./viewers.js";
import type { WhyOptions } from "./why.js";

/** What commander calls: the operands, the options of the verb, the verb. */
type Action = (...given: unknown[]) => Promise<void>;

interface CommandLine {
  readonly program: Command;
  readonly context: CommandContext;
  readonly run: Run;
}

/** Makes an action of what a verb does with its options, global ones included, and its operands. */
type Run = <Options extends GlobalOptions, Operands extends unknown[]>(
  verb: (options: Options, ...operands: Operands) => Promise<number>,
) => Action;

const ORDERS = {
  pause: "end the worker of a stream in order and keep it down until `resume`",
  resume: "let a paused stream run again",
  restart: "give a stream a fresh worker at once",
} as const satisfies Record<OrderVerb, string>;

/** Runs the verb that `argv` (without node and script) names; resolves with the exit code. */
export async function runCommandLine(argv: readonly string[], context: CommandContext): Promise<number> {
  let code = 0;
  const run: Run = <Options extends GlobalOptions, Operands extends unknown[]>(
    verb: (options: Options, ...operands: Operands) => Promise<number>,
  ) => {
    return async (...given) => {
      const command = given.at(-1) as Command;
      code = await verb(command.optsWithGlobals<Options>(), ...(given.slice(0, -2) as Operands));
    };
  };
  const program = emptyProgram(context);
  for (const declare of [
    declareRunning,
    declareLooking,
    declareViewers,
    declareRecordings,
    declareChecking,
    declareEditing,
    declareOrders,
  ]) {
    declare({ program, context, run });
  }
  try {
    await program.parseAsync(argv, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
}

function emptyProgram(context: CommandContext): Command {
  return new Command("dslrs")
    .description("A video surveillance core that never stops: one isolated GStreamer worker per stream.")
    .version(context.version)
    .option("--instance <name>", "which supervisor (default: the config's `instance`, else `default`)", instanceName)
    .option("--runtime-dir <dir>", "where instances keep sockets and logs (or DSLRS_RUNTIME_DIR)")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error:/, "dslrs:")),
    })
    .exitOverride();
}

function declareRunning({ program, context, run }: CommandLine): void {
  program
    .command("up <config>")
    .description("run what the config says, in the foreground")
    .action(
      run(async (options: GlobalOptions, config: string) => (await import("./up.js")).up(context, config, options)),
    );
  program
    .command("down")
    .description("stop the supervisor and all of its streams in order")
    .action(run(async (options: GlobalOptions) => (await import("./down.js")).down(context, options)));
}

function declareLooking({ program, context, run }: CommandLine): void {
  program
    .command("status")
    .description("what every stream is doing")
    .option("--json", "for programs")
    .option("--watch", "again every second")
    .action(run(async (options: StatusOptions) => (await import("./status.js")).status(context, options)));
  program
    .command("logs <stream>")
    .description("the log of one stream: the supervisor's decisions and the worker's messages")
    .option("-f, --follow", "go on as lines come")
    .option("-n, --lines <number>", "how many lines of the past", wholeNumber, 50)
    .option("--json", "for programs")
    .action(
      run(async (options: LogsOptions, stream: string) => (await import("./logs.js")).logs(context, stream, options)),
    );
  program
    .command("events [stream]")
    .description("what happened: outages, failures, edits; of one stream, or of all and the supervisor")
    .option("-f, --follow", "go on as events come")
    .option("-n, --lines <number>", "how many of the past", wholeNumber, 50)
    .option("--json", "for programs: one event a line")
    .action(
      run(async (options: EventsOptions, stream?: string) =>
        (await import("./events.js")).events(context, stream, options),
      ),
    );
  program
    .command("why <stream>")
    .description("what is wrong with a stream, what was tried, what comes next, what you could do")
    .option("--json", "for programs")
    .action(
      run(async (options: WhyOptions, stream: string) => (await import("./why.js")).why(context, stream, options)),
    );
}

function declareViewers({ program, context, run }: CommandLine): void {
  program
    .command("viewers [stream]")
    .description("who watches, one stream or all, and how it goes")
    .option("--json", "for programs")
    .action(
      run(async (options: ViewersOptions, stream?: string) =>
        (await import("./viewers.js")).viewers(context, stream, options),
      ),
    );
  program
    .command("kick <id>")
    .description("end one viewer; `viewers` shows the ids")
    .action(run(async (options: GlobalOptions, id: string) => (await import("./kick.js")).kick(context, id, options)));
}

function declareRecordings({ program, run, context }: CommandLine): void {
  program
    .command("recordings [stream]")
    .description("what is recorded, and when and why something is not")
    .option("--from <time>", "from then on: 2026-11-23T02:13, 02:13:07 (today), -10m, now")
    .option("--to <time>", "up to then")
    .option("--output <id>", "of one output")
    .option("--gaps", "only the times without a recording, and why")
    .option("--json", "for programs")
    .option("--reindex", "find the index again from the files, first")
    .option("--root <dir>", "of the files there, without a supervisor")
    .action(
      run(async (options: RecordingsOptions, stream?: string) =>
        (await import("./recordings.js")).recordings(context, stream, options),
      ),
    );
  program
    .command("export <stream>")
    .description("a clip of what was recorded, without encoding anything")
    .requiredOption("--from <time>", "its beginning, at the keyframe before: 2026-11-23T02:13, 02:13:07 (today), -10m")
    .option("--to <time>", "its end", "now")
    .requiredOption("-o, --out <file>", "the file to make: .mp4 or .mkv")
    .option("--output-id <id>", "of one output (default: `record`, else the first)")
    .option("--force", "write over a file that is there")
    .option("--root <dir>", "of the files there, without a supervisor")
    .action(
      run(async (options: ExportOptions, stream: string) =>
        (await import("./export.js")).exportClip(context, stream, options),
      ),
    );
}

function declareChecking({ program, context, run }: CommandLine): void {
  program
    .command("check <config>")
    .description("validate a config and print what it would change")
    .action(
      run(async (options: GlobalOptions, config: string) =>
        (await import("./check.js")).check(context, config, options),
      ),
    );
  program
    .command("doctor [config]")
    .description("what this machine has and lacks, and how to mend it")
    .option("--json", "for programs")
    .action(
      run(async (options: DoctorOptions, config?: string) =>
        (await import("./doctor/doctor.js")).doctor(context, config, options),
      ),
    );
}

function declareEditing({ program, context, run }: CommandLine): void {
  const configOption = () => new Option("--config <file>", "the file to edit (default: that of the running instance)");
  program
    .command("add <name>")
    .description("write a stream into the config; a running instance starts it")
    .requiredOption("--source <uri>", "rtsp://… or a file")
    .addOption(new Option("--transport <how>", "of an rtsp:// source").choices(["tcp", "udp", "auto"]))
    .addOption(new Option("--record <format>", "record it").choices(["mkv", "mp4"]))
    .option("--no-rtsp", "do not serve it")
    .addOption(configOption())
    .action(run(async (options: AddOptions, name: string) => (await import("./add.js")).add(context, name, options)));
  program
    .command("remove <name>")
    .description("take a stream out of the config; a running instance stops it")
    .addOption(configOption())
    .action(
      run(async (options: RemoveOptions, name: string) => (await import("./remove.js")).remove(context, name, options)),
    );
  program
    .command("passwd <user>")
    .description("ask for the password of a viewer (or take it from standard input), and print the hash for the config")
    .option("--config <file>", "write the hash into that file instead")
    .action(
      run(async (options: PasswdOptions, user: string) => (await import("./passwd.js")).passwd(context, user, options)),
    );
}

function declareOrders({ program, context, run }: CommandLine): void {
  program
    .command("record <stream>")
    .description("record what happens now, and what was just before")
    .requiredOption("--for <time>", "how long it goes on: 30s, 5m")
    .option("--pre <time>", "how long it went on before (default: the `preRoll` of the output)")
    .option("--output <id>", "one output for events (default: all that the stream has)")
    .option("--json", "for programs")
    .action(
      run(async (options: RecordOptions, stream: string) =>
        (await import("./record.js")).record(context, stream, options),
      ),
    );
  for (const [verb, description] of Object.entries(ORDERS) as [OrderVerb, string][]) {
    program
      .command(`${verb} <stream>`)
      .description(description)
      .action(
        run(async (options: GlobalOptions, stream: string) =>
          (await import("./order.js")).order(context, verb, stream, options),
        ),
      );
  }
}

function wholeNumber(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}

function instanceName(text: string): string {
  if (!isName(text)) {
    throw new InvalidArgumentError("It must be 1 to 64 of a-z, 0-9, - and _, the first a letter or digit.");
  }
  return text;
}
