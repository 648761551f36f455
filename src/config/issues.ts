/** From what zod found to sentences with a place in the file. */

import type { z } from "zod";
import type { Problem } from "./error.js";
import type { ScalarProblem } from "./scalar.js";
import { settingNotes } from "./setting.js";
import { named, shorten, snippetOf, subject } from "./show.js";
import { closest } from "./suggest.js";
import { childOf, nearest, type Tree } from "./tree.js";
import { alternatives, follow, settingsOf, typeOf } from "./walk.js";

interface Checked {
  readonly text: string;
  /** What was checked, and by which schema; paths of issues begin there. */
  readonly tree: Tree;
  readonly schema: z.core.$ZodType;
}

export function problemsOf(checked: Checked, issues: readonly z.core.$ZodIssue[]): Problem[] {
  return issues.flatMap((issue): Problem[] => {
    if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey(checked, issue.path, key));
    const { tree, isExact } = nearest(checked.tree, issue.path);
    const hint = hintOf(checked, issue, tree, !isExact);
    return [isExact ? wrongValue(checked.text, tree, issue, hint) : missing(tree, String(issue.path.at(-1)), hint)];
  });
}

function wrongValue(text: string, tree: Tree, issue: z.core.$ZodIssue, hint: string): Problem {
  const snippet = snippetOf(text, tree);
  const isEmpty = tree.kind === "scalar" && tree.value === null;
  const found = isEmpty ? "has no value" : `${named(snippet, tree)} ${complaint(issue)}`;
  return { message: subject(tree.path) + found, hint, snippet, path: tree.path, range: rangeOf(tree) };
}

/** An empty value has no place of its own, so its key is shown. */
function rangeOf(tree: Tree): Problem["range"] {
  return tree.range.start === tree.range.end ? (tree.key ?? tree.range) : tree.range;
}

function missing(parent: Tree, key: string, hint: string): Problem {
  const message = `${subject(parent.path)}"${key}" is missing`;
  return { message, hint, snippet: "", path: [...parent.path, key], range: parent.key ?? parent.range };
}

function complaint(issue: z.core.$ZodIssue): string {
  if (issue.code === "custom") return issue.message;
  if (issue.code === "invalid_union") return "is no known type";
  if (issue.code === "invalid_type") return issue.expected === "array" ? "is no list" : "is no map of settings";
  return "is not valid here";
}

function hintOf(checked: Checked, issue: z.core.$ZodIssue, tree: Tree, isMissing: boolean): string {
  if (issue.code === "invalid_union") return typeHint(checked, issue.path, tree);
  if (issue.code === "custom" && !isMissing) return (issue.params as ScalarProblem).hint;
  const reached = follow(checked.schema, issue.path);
  const example = reached.flatMap((each) => settingNotes.get(each)?.example ?? []).at(0);
  if (example !== undefined) return `for example \`${String(issue.path.at(-1))}: ${example}\``;
  const known = keysAt(checked, issue.path);
  return known.length === 0
    ? "write `{ type: … }`"
    : `write \`{ setting: value }\`; the settings are ${known.join(", ")}`;
}

function typeHint(checked: Checked, path: readonly PropertyKey[], tree: Tree): string {
  const known = follow(checked.schema, path.slice(0, -1))
    .flatMap(alternatives)
    .flatMap((each) => typeOf(each) ?? []);
  const written = tree.kind === "scalar" ? String(tree.value) : "";
  const near = tree.path.at(-1) === "type" ? closest(written, known) : undefined;
  return near === undefined
    ? `write type: ${known.join(", ").replace(/, ([^,]*)$/, " or $1")}`
    : `did you mean "${near}"?`;
}

function unknownKey(checked: Checked, path: readonly PropertyKey[], key: string): Problem {
  const { tree } = nearest(checked.tree, path);
  const child = childOf(tree, key) ?? tree;
  const snippet = shorten(key);
  return {
    message: `${subject(child.path.slice(0, -1))}there is no setting "${snippet}"`,
    hint: keyHint(checked, path, key),
    snippet,
    path: child.path,
    range: child.key ?? child.range,
  };
}

function keyHint(checked: Checked, path: readonly PropertyKey[], key: string): string {
  if (key === "<<") return "merge keys are not used here; `defaults:` sets things for every stream";
  const known = keysAt(checked, path);
  const near = closest(key, known);
  if (near !== undefined) return `did you mean "${near}"?`;
  const elsewhere = sectionsAt(checked, path).filter((each) => settingsOf(each).some(([name]) => name === key));
  const types = elsewhere.flatMap((each) => typeOf(each) ?? []);
  return types.length > 0 ? `only type ${types.join(", ")} has it` : `there are ${known.join(", ")}`;
}

/** The settings that may stand at `path`: of a union those of the member that was written. */
function keysAt(checked: Checked, path: readonly PropertyKey[]): string[] {
  const sections = sectionsAt(checked, path);
  const { tree } = nearest(checked.tree, path);
  const type = childOf(tree, "type");
  const written = type?.kind === "scalar" ? type.value : undefined;
  const fitting = sections.filter((each) => typeOf(each) === undefined || typeOf(each) === written);
  return fitting.flatMap((each) => settingsOf(each).map(([name]) => name));
}

function sectionsAt(checked: Checked, path: readonly PropertyKey[]): readonly z.core.$ZodType[] {
  return follow(checked.schema, path).flatMap(alternatives);
}
