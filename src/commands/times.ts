/**
 * Times as people type them: `2026-11-23T02:13:07Z`, the same without a zone or with a space (of here), `2026-11-23`, `02:13` and `02:13:07` (today),
 * `now`, `-10m` (that long ago).
 */

const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const AGO = /^-((?:\d+(?:\.\d+)?[smhd])+)$/;

export const TIME_HINT =
  "Write 2026-11-23T02:13:07, 2026-11-23T02:13:07Z, 02:13:07 (today), now, or -10m (also s, h, d: so long ago).";

/** In ms since 1970; `undefined`: it is no time. */
export function parseTime(text: string, now: Date): number | undefined {
  const given = text.trim();
  if (given === "now") return now.getTime();
  const time = ago(given, now) ?? timeOfToday(given, now) ?? date(given);
  return time !== undefined && time >= 0 ? time : undefined;
}

/** Of what `parseTime` did not take. */
export function noTimeText(text: string): string {
  const given = text.trim();
  const isLongAgo = AGO.test(given) || date(given) !== undefined;
  return isLongAgo ? `"${text}" is too long ago: times begin in 1970.` : `"${text}" is no time.`;
}

function ago(text: string, now: Date): number | undefined {
  const match = AGO.exec(text);
  if (!match?.[1]) return undefined;
  const parts = [...match[1].matchAll(/(\d+(?:\.\d+)?)([smhd])/g)];
  return now.getTime() - parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS_MS[unit ?? ""] ?? 0), 0);
}

function timeOfToday(text: string, now: Date): number | undefined {
  const match = /^(\d{1,2}):(\d\d)(?::(\d\d(?:\.\d{1,3})?))?$/.exec(text);
  if (!match) return undefined;
  const [hour, minute, second] = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
  if (hour > 23 || minute > 59 || second >= 60) return undefined;
  return new Date(now).setHours(hour, minute, Math.floor(second), Math.round((second % 1) * 1_000));
}

/** A day alone begins at midnight here, like a time without a zone. */
function date(text: string): number | undefined {
  const match = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:?\d\d)?)?$/.exec(text);
  if (!match) return undefined;
  const [, day, time = "00:00", zone = ""] = match;
  const parsed = Date.parse(`${day}T${time}${zone}`);
  // 30 February would become 2 March.
  const isReal = !Number.isNaN(parsed) && new Date(`${day}T00:00Z`).toISOString().startsWith(day ?? "");
  return isReal ? parsed : undefined;
}
