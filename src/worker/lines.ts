/** Cuts a byte stream into lines, of a bounded length. */

export interface LineSplitter {
  /** Complete lines, without their ends. `undefined`: a line grew over the limit. Empty lines are left out. */
  push(chunk: Buffer): string[] | undefined;
}

export function createLineSplitter(limitBytes: number): LineSplitter {
  let rest: Buffer[] = [];
  let restBytes = 0;
  return {
    push(chunk) {
      const lines: string[] = [];
      let start = 0;
      for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
        if (restBytes + end - start > limitBytes) return undefined;
        const line = Buffer.concat([...rest, chunk.subarray(start, end)]).toString("utf8");
        if (line !== "") lines.push(line);
        rest = [];
        restBytes = 0;
        start = end + 1;
      }
      if (start < chunk.length) rest.push(chunk.subarray(start));
      restBytes += chunk.length - start;
      return restBytes > limitBytes ? undefined : lines;
    },
  };
}
