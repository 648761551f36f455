/** What a run of chaos came to. */

export interface Incident {
  readonly fault: string;
  readonly stream: string;
  /** From the end of the fault until the stream ran again. */
  readonly recoveredMs: number;
}

export interface ChaosReport {
  readonly seed: number;
  readonly minutes: number;
  readonly streams: number;
  readonly incidents: readonly Incident[];
  readonly violations: readonly string[];
  readonly measured: Readonly<Record<string, number>>;
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}

export function reportText({ seed, minutes, streams, incidents, violations, measured }: ChaosReport): string {
  const faults = [...new Set(incidents.map(({ fault }) => fault))].sort();
  const rows = faults.map((fault) => {
    const times = incidents.filter((incident) => incident.fault === fault).map(({ recoveredMs }) => recoveredMs);
    return [
      fault.padEnd(20),
      String(times.length).padStart(6),
      String(Math.round(median(times))).padStart(10),
      String(Math.round(Math.max(...times))).padStart(10),
    ].join("");
  });
  return [
    `${streams} streams, ${minutes} min, seed ${seed}`,
    "",
    `${"fault".padEnd(20)} times median ms    max ms`,
    ...rows,
    "",
    ...Object.entries(measured).map(([what, value]) => `${what}: ${value}`),
    "",
    ...violations.map((violation) => `VIOLATED ${violation}`),
    `${incidents.length} faults, ${violations.length} promises broken; again: scripts/chaos --minutes ${minutes} --streams ${streams} --seed ${seed}`,
  ].join("\n");
}
