/** Columns of a table in a terminal. */

import { printable, truncate } from "./terminal.js";

/** `Row`: what one line is about. */
export interface Column<Row> {
  readonly title: string;
  readonly width: number;
  readonly align: "left" | "right";
  cell(row: Row, now: Date): string;
}

export function inColumn(text: string, { width, align }: Pick<Column<never>, "width" | "align">): string {
  const cut = truncate(printable(text), width);
  return align === "left" ? cut.padEnd(width) : cut.padStart(width);
}

export function secondsSince(iso: string, now: Date): number {
  return (now.getTime() - new Date(iso).getTime()) / 1000;
}
