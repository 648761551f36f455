/** Asks a worker who watches: the answers are reports, which have all come when the order is replied to. */

import type { WireViewers } from "./wire.js";
import type { ViewerPicture, WorkerOrder } from "./worker.js";

export interface ViewerList {
  see(report: WireViewers): void;
  /** Whoever asks meanwhile gets the same list. */
  ask(): Promise<readonly ViewerPicture[]>;
}

export function createViewerList(send: (order: WorkerOrder) => Promise<void>): ViewerList {
  let found: ViewerPicture[] = [];
  let asked: Promise<readonly ViewerPicture[]> | undefined;

  async function ask(): Promise<readonly ViewerPicture[]> {
    found = [];
    try {
      await send({ type: "listViewers" });
      return found;
    } finally {
      asked = undefined;
    }
  }

  return {
    see({ id, viewers }) {
      found.push(...viewers.map((viewer) => ({ ...viewer, output: id })));
    },
    ask() {
      asked ??= ask();
      return asked;
    },
  };
}
