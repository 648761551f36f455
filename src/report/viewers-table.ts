/** `dslrs viewers` for a person: one line a viewer within 80 columns, where the ids let it. */

import { type Column, inColumn, secondsSince } from "./columns.js";
import type { Paint } from "./terminal.js";
import { bytesText, countText, durationText } from "./units.js";
import type { ViewerStatus } from "./viewers.js";

export interface ViewersTableOptions {
  readonly now: Date;
  readonly columns: number;
  readonly paint: Paint;
}

type ViewerColumn = Column<ViewerStatus>;

const NARROWEST = 80;
/** With an id of this width all columns have 80 together. */
const ID_WIDTH = 12;
const AGENT_WIDTH = 6;
const NARROWEST_AGENT = 5;

const left = (title: string, width: number, cell: ViewerColumn["cell"]): ViewerColumn => ({
  title,
  width,
  align: "left",
  cell,
});
const right = (title: string, width: number, cell: ViewerColumn["cell"]): ViewerColumn => ({
  title,
  width,
  align: "right",
  cell,
});

export function viewersTable(viewers: readonly ViewerStatus[], { now, columns, paint }: ViewersTableOptions): string {
  if (viewers.length === 0) return "Nobody watches.\n";
  const all = columnsFor(viewers, Math.max(NARROWEST, columns));
  const title = all.map((column) => inColumn(column.title, column)).join(" ");
  const lines = viewers.map((viewer) => all.map((column) => inColumn(column.cell(viewer, now), column)).join(" "));
  return [paint("dim", title.trimEnd()), ...lines.map((line) => line.trimEnd())].map((line) => `${line}\n`).join("");
}

/** An id is to be copied, so it is never cut; what a client calls itself has what is left. */
function columnsFor(viewers: readonly ViewerStatus[], width: number): ViewerColumn[] {
  const idWidth = Math.max(ID_WIDTH, ...viewers.map(({ id }) => id.length));
  const agentWidth = Math.max(NARROWEST_AGENT, AGENT_WIDTH + width - NARROWEST - (idWidth - ID_WIDTH));
  return [
    left("ID", idWidth, ({ id }) => id),
    left("ADDRESS", 15, ({ address }) => address),
    left("USER", 6, ({ user }) => user ?? "-"),
    left("AGENT", agentWidth, ({ agent }) => agent),
    left("VIA", 4, ({ transport }) => transport),
    right("FOR", 5, ({ since }, now) => (since === null ? "-" : durationText(secondsSince(since, now)))),
    right("SENT", 5, ({ framesSent }) => countText(framesSent)),
    right("LOST", 4, ({ framesDropped }) => countText(framesDropped)),
    right("QUEUE", 5, ({ waitingBytes }) => bytesText(waitingBytes)),
    left("STATE", 9, ({ state }) => state),
  ];
}

/** Clients may call themselves anything. */
