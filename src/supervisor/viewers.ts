/** Who watches one stream, and how one of them is ended. */

import { type ViewerStatus, viewerId } from "../report/viewers.js";
import { OrderRefused, type ViewerPicture, type Worker } from "../worker/worker.js";
import type { ControlResult } from "./control.js";
import type { NoteKind } from "./history.js";

export interface ViewersParts {
  readonly stream: string;
  /** The one that takes orders, if there is one. */
  readonly worker: () => Worker | undefined;
  readonly note: (kind: NoteKind, message: string, fields: Readonly<Record<string, string>>) => void;
}

/** A sentence where the worker does not say. */
export type ViewersAnswer =
  | { readonly ok: true; readonly viewers: readonly ViewerStatus[] }
  | { readonly ok: false; readonly reason: string };

export interface Viewers {
  list(): Promise<ViewersAnswer>;
  kick(viewer: number): Promise<ControlResult>;
}

export function createViewers({ stream, worker, note }: ViewersParts): Viewers {
  return {
    async list() {
      try {
        const pictures = (await worker()?.viewers()) ?? [];
        return { ok: true, viewers: pictures.map((picture) => statusOf(stream, picture)) };
      } catch (error) {
        return { ok: false, reason: reasonOf(error) };
      }
    },
    async kick(viewer) {
      const id = viewerId({ stream, viewer });
      const present = worker();
      try {
        const found = (await present?.viewers())?.find((each) => each.viewer === viewer);
        if (!present || !found) return unknownViewer(id);
        await present.send({ type: "endViewer", viewer });
        const { address, user, agent } = found;
        note("viewerKicked", `Viewer ${id} was ended by hand.`, { address, ...(user !== "" && { user }), agent });
        return { ok: true, message: `${id} is ended.` };
      } catch (error) {
        return { ok: false, message: `${id} could not be ended: ${reasonOf(error)}.` };
      }
    },
  };
}

function unknownViewer(id: string): ControlResult {
  return { ok: false, message: `There is no viewer ${id}.`, hint: "`dslrs viewers` shows those that there are." };
}

function statusOf(stream: string, { viewer, user, since, ...rest }: ViewerPicture): ViewerStatus {
  return {
    id: viewerId({ stream, viewer }),
    stream,
    user: user === "" ? null : user,
    since: since === 0 ? null : new Date(since).toISOString(),
    ...rest,
  };
}

function reasonOf(error: unknown): string {
  return error instanceof OrderRefused ? error.reason : String(error);
}
