/** A new stream as YAML, in the style of config.example.yaml. */

import { Document, visit } from "yaml";

export interface NewStream {
  /** An rtsp:// address or the path of a file. */
  readonly source: string;
  readonly transport?: "tcp" | "udp" | "auto";
  /** Record it too, in this format. */
  readonly record?: "mkv" | "mp4";
  /** Serve it; so it is where nothing is said. */
  readonly rtsp?: boolean;
}

/** The settings of the stream, the short form where it says the same. */
export function streamSettings({ source, transport, record, rtsp = true }: NewStream): Record<string, unknown> {
  const outputs = [
    ...(rtsp ? [{ type: "rtsp" }] : []),
    ...(record === undefined ? [] : [{ type: "record", format: record }]),
  ];
  const isDefault = rtsp && record === undefined;
  return {
    source: transport === undefined ? source : { type: "rtsp", uri: source, transport },
    ...(!isDefault && { outputs }),
  };
}

/** Whole lines; `indent` is that of the name, and of what is inside relative to it. */
export function writeStream(name: string, stream: NewStream, indent: number, lineEnding: string): string {
  const document = new Document({ [name]: streamSettings(stream) });
  const settings = document.get(name);
  visit(document, {
    // Sources and outputs stand on one line each.
    Map: (_, node) => {
      if (node !== settings && node !== document.contents) node.flow = true;
    },
  });
  const lines = document.toString({ indent, lineWidth: 0 }).trimEnd().split("\n");
  return lines.map((line) => " ".repeat(indent) + line + lineEnding).join("");
}
