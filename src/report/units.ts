/** Numbers as a person reads them in a narrow table. */

/** At most five characters: `45s`, `12m`, `3h12m`, `12h`, `5d3h`, `123d`. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const minutes = Math.floor(whole / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (minutes === 0) return `${whole}s`;
  if (hours === 0) return `${minutes}m`;
  if (hours < 10) return `${hours}h${twoDigits(minutes % 60)}m`;
  if (days === 0) return `${hours}h`;
  return days < 10 ? `${days}d${hours % 24}h` : `${days}d`;
}

/** For a sentence: `40 ms`, `2.3 s`, `45 s`, `12m`, `3h12m`. */
export function spanText(ms: number): string {
  const whole = Math.max(0, Math.round(ms));
  if (whole < 1_000) return `${whole} ms`;
  if (whole < 9_950) return `${(whole / 1_000).toFixed(1)} s`;
  return whole < 119_500 ? `${Math.round(whole / 1_000)} s` : durationText(whole / 1_000);
}

/** `512kb/s`, `2.1Mb/s`, `12Mb/s` */
export function bitrateText(bitsPerSecond: number): string {
  return bitsPerSecond < 999_500 ? `${Math.round(bitsPerSecond / 1000)}kb/s` : `${short(bitsPerSecond / 1e6)}Mb/s`;
}

/** `640K`, `9.4M`, `256M`, `1.2G`, in powers of 1024. */
export function bytesText(bytes: number): string {
  const units = ["B", "K", "M", "G", "T"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : short(value)}${units[unit]}`;
}

/** At most four characters: `9999`, `12k`, `340k`, `1.2M`, `120M`, `3.4G`. */
export function countText(count: number): string {
  if (count < 10_000) return String(count);
  if (count < 999_500) return `${Math.round(count / 1000)}k`;
  return count < 999_500_000 ? `${short(count / 1e6)}M` : `${short(count / 1e9)}G`;
}

function short(value: number): string {
  return value < 9.95 ? value.toFixed(1) : String(Math.round(value));
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
