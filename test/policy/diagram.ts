/** Draws docs/lifecycle.md from the code. */

import type { StateName } from "../../src/policy/states.js";
import type { Passage } from "./exploration.js";

const ORDER: readonly StateName[] = [
  "starting",
  "running",
  "suspect",
  "recovering",
  "holding",
  "paused",
  "stopping",
  "stopped",
];

const HEAD = `# The life of a stream

Drawn from \`src/policy/lifecycle.ts\` by a test, which fails when this page is not current.
\`DSLRS_DRAW=1 NODE_OPTIONS=--experimental-vm-modules npx jest test/policy/lifecycle\` draws it anew.

`;

export function drawLifecycle(passages: readonly Passage[]): string {
  const edges = new Map<string, Set<string>>();
  for (const { from, step, label } of passages) {
    if (from.is === step.state.is) continue;
    const edge = `${from.is} ${step.state.is}`;
    edges.set(edge, (edges.get(edge) ?? new Set()).add(label));
  }
  const pairs = ORDER.flatMap((from) => ORDER.map((to) => [from, to] as const));
  const found = pairs.flatMap(([from, to]) => {
    const labels = edges.get(`${from} ${to}`);
    return labels ? [{ from, to, labels: merge([...labels].sort()) }] : [];
  });
  const picture = found.map(({ from, to }) => `  ${from} --> ${to}`);
  const table = found.map(({ from, to, labels }) => `| ${from} | ${to} | ${labels.join(", ")} |`);
  return `${HEAD}\`\`\`mermaid
stateDiagram-v2
  [*] --> stopped
${picture.join("\n")}
\`\`\`

| from | to | after |
|---|---|---|
${table.join("\n")}
`;
}

/** \`ingestDown (network)\`, \`ingestDown (camera)\` → \`ingestDown (network, camera)\` */
function merge(labels: readonly string[]): string[] {
  const details = new Map<string, string[]>();
  for (const label of labels) {
    const [, event = label, detail] = /^(\S+) \((.+)\)$/.exec(label) ?? [];
    details.set(event, [...(details.get(event) ?? []), ...(detail ? [detail] : [])]);
  }
  return [...details].map(([event, known]) =>
    known.length > 0 ? `\`${event}\` (${known.join(", ")})` : `\`${event}\``,
  );
}
