/** One line of `dslrs doctor`. */
export interface Finding {
  readonly what: string;
  /** `missing`: dslrs does not work without it; `warn`: something works less well. */
  readonly verdict: "ok" | "warn" | "missing";
  readonly detail: string;
  /** The exact command or step that mends it; null where nothing has to be mended. */
  readonly mend: string | null;
}

export function ok(what: string, detail: string): Finding {
  return { what, verdict: "ok", detail, mend: null };
}

export function warn(what: string, detail: string, mend: string): Finding {
  return { what, verdict: "warn", detail, mend };
}

export function missing(what: string, detail: string, mend: string): Finding {
  return { what, verdict: "missing", detail, mend };
}
