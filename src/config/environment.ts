/** `${NAME}` stands for a variable of the environment in every text value; `$${` for `${` itself. */

import type { Problem } from "./error.js";
import type { MapTree, ScalarTree, Tree } from "./tree.js";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Works on values, after YAML has been read: what a variable holds can change neither structure nor positions. */
export function substitute(tree: Tree, env: Environment, problems: Problem[]): Tree {
  switch (tree.kind) {
    case "scalar":
      return typeof tree.value === "string" ? substituteScalar(tree, tree.value, env, problems) : tree;
    case "list":
      return { ...tree, items: tree.items.map((item) => substitute(item, env, problems)) };
    case "map":
      return substituteMap(tree, env, problems);
  }
}

const NO_VARIABLE = ["${ begins no variable", `write \${NAME}, or $\${ for a literal \${`, "${"] as const;

function substituteMap(tree: MapTree, env: Environment, problems: Problem[]): Tree {
  const entries = Array.from(tree.entries, ([key, value]) => [key, substitute(value, env, problems)] as const);
  return { ...tree, entries: new Map(entries) };
}

function substituteScalar(tree: ScalarTree, written: string, env: Environment, problems: Problem[]): ScalarTree {
  const complain = (message: string, hint: string, snippet: string) => {
    problems.push({ range: tree.range, path: tree.path, message: `${tree.path.join(".")}: ${message}`, hint, snippet });
    return "";
  };
  const value = written.replace(/\$(\$\{)|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$\{/g, (_, escaped, name) => {
    if (escaped !== undefined) return escaped;
    if (name === undefined) return complain(...NO_VARIABLE);
    const found = Object.hasOwn(env, name) ? env[name] : undefined;
    if (found !== undefined) return found;
    const hint = `start with ${name}=… in the environment, or write $\${ for a literal \${`;
    return complain(`the environment variable ${name} is not set`, hint, `\${${name}}`);
  });
  return value === written ? tree : { ...tree, value };
}
