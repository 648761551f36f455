/** Where the sockets of a tap are. */

import type { TapOutput } from "./model.js";

/** Behind the path of the picture it is that of the sound; the worker knows it too. */
export const TAP_AUDIO_SUFFIX = ".audio";

/** The id that the first tap of a stream gets by itself. */
const USUAL_ID = "tap";

/** Absolute, or relative to the directory of the instance. */
export function tapPath(stream: string, { id, path }: Pick<TapOutput, "id" | "path">): string {
  return path ?? `taps/${id === USUAL_ID ? stream : `${stream}.${id}`}`;
}
