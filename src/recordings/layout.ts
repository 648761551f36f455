/**
 * Where the files of an output lie below a root: a path template such as `yard/{date}/yard_{time}`, read backwards. A template may leave
 * {stream} and {output} open; then the files tell them.
 */

export interface Layout {
  readonly template: string;
  /** Folders from the root that are the same for all files. */
  readonly prefix: readonly string[];
  /** Those below them, one after the other. */
  readonly folders: readonly RegExp[];
  /** A file's name with its ending; `unfinished` is what stands behind it while it is not finished. */
  readonly file: RegExp;
}

/** `new`: it was to take the place of an unfinished one, which has the same frames. */
export type FileState = "finished" | "unfinished" | "new";

/** What a path tells of its file. */
export interface NamedFile {
  readonly stream: string | undefined;
  readonly output: string | undefined;
  readonly startedAt: number;
  readonly state: FileState;
}

const NAME = "[a-z0-9][a-z0-9_-]{0,63}";
const PLACEHOLDERS: Readonly<Record<string, string>> = {
  stream: NAME,
  output: NAME,
  date: "\\d{4}-\\d\\d-\\d\\d",
  year: "\\d{4}",
  month: "\\d\\d",
  day: "\\d\\d",
  hour: "\\d\\d",
  time: "\\d{4}-\\d\\d-\\d\\dT\\d\\d-\\d\\d-\\d\\d\\.\\d{3}Z",
};
const PLACEHOLDER = /\{([a-z]+)\}/g;
const ENDING = "(?:-\\d+)?\\.(?:mkv|mp4)(?<unfinished>\\.part|\\.new)?";
const DAY_MS = 86_400_000;

/** How files lie that no config tells of: as by default, of the first output of a stream and of others. */
export const USUAL_TEMPLATES = ["{stream}/{date}/{stream}_{time}", "{stream}/{output}/{date}/{output}_{time}"] as const;

export function layoutOf(template: string): Layout {
  const parts = template.split("/").filter((part) => part !== "");
  const file = parts.pop() ?? "";
  const firstOpen = parts.findIndex((part) => part.includes("{"));
  const prefix = firstOpen < 0 ? parts : parts.slice(0, firstOpen);
  return {
    template,
    prefix,
    folders: parts.slice(prefix.length).map((part) => patternOf(part, "")),
    file: patternOf(file, ENDING),
  };
}

/** `undefined`: no file of this layout has that path. */
export function readPath(layout: Layout, path: string): NamedFile | undefined {
  const parts = path.split("/");
  const name = parts.pop() ?? "";
  const { prefix, folders } = layout;
  if (parts.length !== prefix.length + folders.length) return undefined;
  if (!prefix.every((part, index) => part === parts[index])) return undefined;
  const found: Record<string, string> = {};
  for (const [index, pattern] of folders.entries()) {
    if (!gather(found, pattern.exec(parts[prefix.length + index] ?? ""))) return undefined;
  }
  return gather(found, layout.file.exec(name)) ? fileOf(found) : undefined;
}

function fileOf({ stream, output, time, unfinished }: Record<string, string>): NamedFile | undefined {
  const startedAt = Date.parse((time ?? "").replace(/T(\d\d)-(\d\d)-/, "T$1:$2:"));
  return Number.isNaN(startedAt) ? undefined : { stream, output, startedAt, state: stateOf(unfinished) };
}

function stateOf(ending: string | undefined): FileState {
  if (ending === undefined) return "finished";
  return ending === ".new" ? "new" : "unfinished";
}

/** The name that a file has, or will have, when it is finished. */
export function finalPath(path: string): string {
  return path.replace(/\.(part|new)$/, "");
}

/** When the time is over that the names of folders tell; `undefined`: they tell of none. */
export function endOfFolders(layout: Layout, names: readonly string[]): number | undefined {
  const found: Record<string, string> = {};
  for (const [index, name] of names.entries()) gather(found, layout.folders[index]?.exec(name) ?? null);
  const { date, year, month, day } = found;
  if (date !== undefined) return Date.parse(date) + DAY_MS;
  if (year === undefined) return undefined;
  if (month === undefined) return Date.UTC(Number(year) + 1, 0);
  return day === undefined
    ? Date.UTC(Number(year), Number(month))
    : Date.UTC(Number(year), Number(month) - 1, Number(day) + 1);
}

/** A stream that is named twice in a path is the same. */
function gather(found: Record<string, string>, match: RegExpExecArray | null): boolean {
  if (!match) return false;
  for (const [key, value] of Object.entries(match.groups ?? {})) {
    if (value === undefined) continue;
    if ((key === "stream" || key === "output") && found[key] !== undefined && found[key] !== value) return false;
    found[key] = value;
  }
  return true;
}

function patternOf(text: string, ending: string): RegExp {
  const named = new Set<string>();
  let source = "";
  let end = 0;
  for (const match of text.matchAll(PLACEHOLDER)) {
    const [all, key = ""] = match;
    source += literal(text.slice(end, match.index));
    source += named.has(key) ? `\\k<${key}>` : `(?<${key}>${PLACEHOLDERS[key] ?? literal(all)})`;
    named.add(key);
    end = match.index + all.length;
  }
  return new RegExp(`^${source}${literal(text.slice(end))}${ending}$`);
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
}
