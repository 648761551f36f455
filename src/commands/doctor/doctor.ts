/** `dslrs doctor [CONFIG] [--json]`: what is present and what is missing, each with what mends it. */

import { fetchStatus } from "../../report/client.js";
import { type Colour, paintFor } from "../../report/terminal.js";
import { nativePaths } from "../../worker/native.js";
import { addressOf, type CommandContext, type ExitCode, type GlobalOptions } from "../context.js";
import { readConfig } from "../read-config.js";
import { archiveFindings } from "./archive.js";
import type { Finding } from "./finding.js";
import { machineFindings } from "./machine.js";
import { accessFinding, certificateFindings, portFindings, recordingsFinding, recordingsFindings } from "./places.js";

export interface DoctorOptions extends GlobalOptions {
  readonly json?: boolean;
}

const VERDICT_COLOURS = { ok: "green", warn: "yellow", missing: "red" } as const satisfies Record<
  Finding["verdict"],
  Colour
>;
const VERDICT_WIDTH = "missing".length;

export async function doctor(
  context: CommandContext,
  configPath: string | undefined,
  options: DoctorOptions,
): Promise<ExitCode> {
  const config = configPath === undefined ? undefined : readConfig(context, configPath);
  if (config === null) return 2;
  const machine = await machineFindings(nativePaths(context.env), config?.streams.length ?? 1);
  const status = await fetchStatus(addressOf(context, options, config?.instance));
  const places =
    config === undefined
      ? [recordingsFinding(process.cwd(), "auto")]
      : [
          ...recordingsFindings(config.recordings),
          ...(await archiveFindings(config)),
          ...(await portFindings(config, status.ok)),
          ...certificateFindings(config, Date.now()),
          accessFinding(config),
        ];
  const findings = [...machine, ...places];
  context.stdout.write(
    options.json === true ? `${JSON.stringify(findings, null, 2)}\n` : findingLines(context, findings),
  );
  return findings.some((finding) => finding.verdict === "missing") ? 1 : 0;
}

function findingLines(context: CommandContext, findings: readonly Finding[]): string {
  const paint = paintFor(context.stdout, context.env);
  const elements = findings.filter((finding) => finding.verdict === "ok" && finding.what.startsWith("element "));
  const shown = findings.filter((finding) => !elements.includes(finding));
  const summary: Finding = { what: "elements", verdict: "ok", detail: `${elements.length} present`, mend: null };
  return [...shown, ...(elements.length > 0 ? [summary] : [])]
    .map(({ what, verdict, detail, mend }) => {
      const head = paint(VERDICT_COLOURS[verdict], verdict.padEnd(VERDICT_WIDTH));
      const text = detail === "" ? what : `${what}: ${detail}`;
      return `${head}  ${text}\n${mend === null ? "" : `${" ".repeat(VERDICT_WIDTH)}  -> ${mend}\n`}`;
    })
    .join("");
}
