/** The text of a config file in; a `Config`, or everything that is wrong with it, out. */

import { createHash } from "node:crypto";
import { resolve } from "node:path";
import type { z } from "zod";
import { chainProblems } from "./chains.js";
import { groupProblems, mountProblems, pathProblems, socketProblems } from "./conflicts.js";
import { decodeConfig } from "./decode.js";
import { type Environment, substitute } from "./environment.js";
import { type ConfigError, type ConfigWarning, locate, MOST_ERRORS, type Problem } from "./error.js";
import { expandDefaults, expandStream } from "./expand.js";
import { isName, NAME_HINT, nameLike } from "./formats.js";
import { problemsOf } from "./issues.js";
import {
  type Config,
  HOOK_NAMES,
  type ListenAddress,
  type RecordingsPlace,
  type SimulatedCamera,
  type StreamConfig,
  type User,
} from "./model.js";
import { absolute, namedFilesOf, sharedFilesOf } from "./named-files.js";
import { DEFAULT_TEMPLATE } from "./path-template.js";
import { type Fault, resolveCamera, resolveInstance, resolveStream } from "./resolve.js";
import { accessOf, checkOpenness, checkViewers, openAddresses, resolveUser } from "./resolve-access.js";
import { camera, schema, stream } from "./schema.js";
import { named, shorten, snippetOf, subject } from "./show.js";
import { entriesOf, type MapTree, nearest, type Path, readTree, type Tree, toPlain } from "./tree.js";
import { user } from "./users.js";

export interface ParseOptions {
  /** Of the config file; paths in it are relative to its folder. */
  readonly path: string;
  readonly env: Environment;
  /** Reads the files it names; throws where it cannot. */
  readonly readFile: (path: string) => string | Uint8Array;
  /** Whether users of the machine beside its owner can read it. */
  readonly isExposed: (path: string) => boolean;
}

export type ParsedConfig = ValidConfig | InvalidConfig;

export interface ValidConfig {
  readonly ok: true;
  readonly config: Config;
  readonly text: string;
  /** SHA-256 of the file, in hex. */
  readonly hash: string;
  readonly warnings: readonly ConfigWarning[];
  /** Files that it names, with passwords or certificates: a change of one is a change of the config. */
  readonly follow: readonly string[];
  /** What is left out because it names a file that cannot be used, such as `rtsps`. */
  readonly lacking: readonly string[];
}

export interface InvalidConfig {
  readonly ok: false;
  /** At least one, at most MOST_ERRORS, in the order of the file. */
  readonly errors: readonly ConfigError[];
  /** As far as they could be found; a file that was missing may appear. */
  readonly follow: readonly string[];
  /** Where only files that it names are at fault: the config in which the sources that need them cannot be connected to. */
  readonly startable?: ValidConfig;
}

export function parseConfig(input: string | Uint8Array, options: ParseOptions): ParsedConfig {
  const decoded = decodeConfig(input);
  if ("error" in decoded) return { ok: false, errors: [decoded.error], follow: [] };
  const { text } = decoded;
  const read = readTree(text);
  if ("problems" in read) return invalid(text, read.problems, []);
  const run: Run = {
    text,
    options: { ...options, path: resolve(options.path) },
    problems: [],
    ofFiles: [],
    warnings: [],
    follow: [],
  };
  const config = readConfig(run, read.tree);
  const refused = invalid(text, run.problems, run.follow);
  if (config === undefined || run.problems.some((problem) => !run.ofFiles.includes(problem))) return refused;
  const hash = createHash("sha256").update(input).digest("hex");
  const warnings = locate(text, [...warningsOf(config, read.tree), ...run.warnings]);
  const lacking = run.ofFiles.map(({ path }) => path.slice(0, -1).join("."));
  const startable: ValidConfig = { ok: true, config, text, hash, warnings, follow: run.follow, lacking };
  return run.problems.length === 0 ? startable : { ...refused, startable };
}

/** One reading of one text. Problems are collected, so that a person sees all of them at once. */
interface Run {
  readonly text: string;
  readonly options: ParseOptions;
  readonly problems: Problem[];
  /** Those of `problems` that no edit of the text need mend. */
  readonly ofFiles: Problem[];
  readonly warnings: Problem[];
  readonly follow: string[];
}

function invalid(text: string, problems: readonly Problem[], follow: readonly string[]): InvalidConfig {
  return { ok: false, errors: locate(text, problems).slice(0, MOST_ERRORS), follow };
}

/** `undefined` or incomplete where problems were found. */
function readConfig(run: Run, written: Tree): Config | undefined {
  const root = substitute(written, run.options.env, run.problems);
  const unset = new Set(run.problems.map(({ range }) => range.start));
  const checked: Run = { ...run, problems: [] };
  const config = readSections(checked, root);
  // What a missing variable leaves behind is no second mistake.
  run.problems.push(...checked.problems.filter(({ range }) => !unset.has(range.start)));
  return config;
}

/** Beside other mistakes it does not matter where recordings would go. */
const NOWHERE: RecordingsPlace = {
  roots: ["/"],
  pathTemplate: DEFAULT_TEMPLATE,
  fileMode: 0o600,
  directoryMode: 0o700,
};

function readSections(run: Run, written: Tree): Config | undefined {
  const root = expandDefaults(written);
  const head = validate(run, schema, root.kind === "map" ? withoutNamed(root) : root);
  if (head) run.follow.push(...sharedFilesOf(head, run.options));
  const instance = head && resolveInstance(head, run.options, complainAt(run, root));
  const cameras = entriesOf(root, "simulate").flatMap(([name, tree]) => readCamera(run, name, tree) ?? []);
  const defaults = root.kind === "map" ? root.entries.get("defaults") : undefined;
  const recordings = instance?.recordings ?? NOWHERE;
  const trees = new Map(entriesOf(root, "streams").map(([name, tree]) => [name, expandStream(tree, defaults)]));
  const users = entriesOf(root, "users").map(([name, tree]) => readUser(run, name, tree));
  const streams = [...trees].flatMap(([name, tree]) => readStream(run, name, tree, { recordings, users }) ?? []);
  for (const problemsAmong of [mountProblems, groupProblems, pathProblems, socketProblems, chainProblems])
    run.problems.push(...problemsAmong(run.text, streams, trees));
  if (instance === undefined) return undefined;
  checkPorts(run, root, cameras, instance);
  checkOpenness({ ...instance, users }, complainAt(run, root));
  return { ...instance, users, cameras, streams };
}

const NAMED_SECTIONS = ["users", "streams", "simulate"];

/** Users, cameras and streams are checked one by one: a mistake in one does not hide those in another. */
function withoutNamed(root: MapTree): MapTree {
  const emptied = [...root.entries].map(([key, tree]): [string, Tree] => {
    const isNamed = NAMED_SECTIONS.includes(key) && tree.kind === "map";
    return [key, isNamed ? { ...tree, entries: new Map() } : tree];
  });
  return { ...root, entries: new Map(emptied) };
}

function readCamera(run: Run, name: string, tree: Tree): SimulatedCamera | undefined {
  checkName(run, name, tree);
  const written = validate(run, camera, tree);
  return written && resolveCamera(name, written, complainAt(run, tree));
}

/** One with mistakes counts as a user too: others may refer to him. */
function readUser(run: Run, name: string, tree: Tree): User {
  checkName(run, name, tree);
  const written = validate(run, user, tree);
  if (written === undefined) return { name };
  if (written.hashFile !== undefined) takeHashFile(run, absolute(written.hashFile, run.options), tree);
  return resolveUser(name, written, run.options, complainAt(run, tree));
}

function takeHashFile(run: Run, file: string, { path, key, range }: Tree): void {
  follow(run, [file]);
  if (!run.options.isExposed(file)) return;
  const message = `${subject(path)}others on this machine can read ${file}, and watch with what is in it`;
  run.warnings.push({ message, hint: `chmod 600 ${file}`, snippet: "", path, range: key ?? range });
}

function follow(run: Run, files: readonly string[]): void {
  for (const file of files) if (!run.follow.includes(file)) run.follow.push(file);
}

interface Around {
  readonly recordings: RecordingsPlace;
  readonly users: readonly User[];
}

function readStream(run: Run, name: string, tree: Tree, { recordings, users }: Around): StreamConfig | undefined {
  checkName(run, name, tree);
  checkCommandStandsAlone(run, tree);
  const written = validate(run, stream, tree);
  if (written === undefined) return undefined;
  follow(run, namedFilesOf(written, run.options));
  const complain = complainAt(run, tree);
  const names = users.map((each) => each.name);
  checkViewers(written.viewers, names, complain);
  const resolved = resolveStream(name, written, recordings, run.options, complain);
  const access = accessOf(users, written.viewers);
  return resolved?.kind === "media" && access !== undefined ? { ...resolved, access } : resolved;
}

function validate<S extends z.ZodType>(run: Run, shape: S, tree: Tree): z.output<S> | undefined {
  const plain = toPlain(tree);
  const result = shape.safeParse(plain);
  if (result.success) return result.data;
  run.problems.push(...problemsOf({ text: run.text, tree, schema: shape }, result.error.issues));
  return undefined;
}

function checkName(run: Run, name: string, tree: Tree): void {
  if (isName(name)) return;
  const near = nameLike(name);
  const shown = shorten(name);
  const message = `${subject(tree.path.slice(0, -1))}"${shown}" is no name`;
  const hint = near === undefined ? NAME_HINT : `${NAME_HINT}; "${near}" would do`;
  run.problems.push({ message, hint, snippet: shown, path: tree.path, range: tree.key ?? tree.range });
}

function checkCommandStandsAlone(run: Run, tree: Tree): void {
  if (tree.kind !== "map" || !tree.entries.has("command")) return;
  for (const key of ["source", "outputs", "viewers", "timeouts", "fallback", ...HOOK_NAMES]) {
    const extra = tree.entries.get(key);
    if (extra === undefined) continue;
    const message = `${subject(tree.path)}a command takes no ${key}`;
    const hint = `remove either; a command's media stay its own, it is only supervised`;
    run.problems.push({ message, hint, snippet: key, path: extra.path, range: extra.key ?? extra.range });
  }
}

function checkPorts(
  run: Run,
  root: Tree,
  cameras: readonly SimulatedCamera[],
  { rtsp, rtsps }: Pick<Config, "rtsp" | "rtsps">,
): void {
  for (const { name, port } of cameras) {
    const isPort = (address: ListenAddress) => address.port === port;
    const owner = rtsp.listen.some(isPort) ? "rtsp.listen" : rtsps?.listen.some(isPort) ? "rtsps.listen" : undefined;
    if (owner === undefined) continue;
    const { tree } = nearest(root, ["simulate", name]);
    complainAt(run, tree)(["port"], `is the port of \`${owner}\``, "give the camera another port");
  }
}

/** Problems of `tree`, by paths that begin in it; where nothing stands at a path, the nearest section is shown. */
function complainAt(run: Run, tree: Tree) {
  return (path: Path, problem: string, hint: string, fault: Fault = "config"): void => {
    const { tree: at, isExact } = nearest(tree, path);
    const snippet = isExact ? snippetOf(run.text, at) : "";
    const range = isExact && at.kind === "scalar" ? at.range : (at.key ?? at.range);
    const message = subject(at.path) + (snippet === "" ? problem : `${named(snippet, at)} ${problem}`);
    const found = { message, hint, snippet, path: at.path, range };
    run.problems.push(found);
    if (fault === "file") run.ofFiles.push(found);
  };
}

const GROUP_HINT = "`users:` only say who may have it sent; leave `multicast` out where that is not enough";

function groupsOf(config: Config): { path: Path; address: string }[] {
  return config.streams.flatMap((stream) => {
    if (stream.kind !== "media") return [];
    return stream.outputs.flatMap((output, index) => {
      if (output.kind !== "rtsp" || output.multicast === undefined) return [];
      const { address } = output.multicast;
      return [{ path: ["streams", stream.name, "outputs", index, "multicast"], address }];
    });
  });
}

function warningsOf(config: Config, root: Tree): Problem[] {
  const warn = (path: Path, problem: string, hint: string): Problem => {
    const { tree } = nearest(root, path);
    return { message: subject(path) + problem, hint, snippet: "", path, range: tree.key ?? tree.range };
  };
  const idle = config.streams.filter((each) => each.kind === "media" && each.outputs.length === 0);
  return [
    ...(openAddresses(config).length > 0
      ? [warn(["rtsp", "public"], "everyone who reaches `rtsp.listen` can watch", "with `users:` they need a password")]
      : []),
    ...groupsOf(config).map(({ path, address }) =>
      warn(path, `whoever can join ${address} on the network can watch, without a password`, GROUP_HINT),
    ),
    ...idle.map(({ name }) => warn(["streams", name], "has no outputs", "it is only watched, not recorded or served")),
  ];
}
