/** The usual words for each class of failure. docs/troubleshooting.md has a heading with each message; a test holds them together. */

import type { FailureClass } from "../failure.js";

/** Of a stream whose source is another one. */
export const ORIGIN_HINT =
  "`dslrs why` of that stream says what is wrong with it; this one goes on when that one does.";

export const FAILURE_TEXTS: Readonly<Record<FailureClass, { readonly message: string; readonly hint: string }>> = {
  dnsFailed: {
    message: "The name of the camera does not resolve.",
    hint: "Check the host name in the source's uri, and the DNS of this machine.",
  },
  refused: {
    message: "The camera refused the connection.",
    hint: "Check the port in the source's uri, and whether RTSP is switched on in the camera.",
  },
  unreachable: {
    message: "The camera cannot be reached.",
    hint: "Check that it has power and network, and that this machine has a route to it.",
  },
  connectTimeout: {
    message: "The camera did not answer in time.",
    hint: "Check the address, and firewalls in between; a camera that hangs may need a restart.",
  },
  reset: {
    message: "The camera broke the connection.",
    hint: "It comes back by itself when the camera restarts; if it happens often, look at the network and the camera's load.",
  },
  stalled: {
    message: "The source sends no pictures any more.",
    hint: "If it stays so, restart the camera; over UDP, try `transport: tcp`.",
  },
  endOfStream: {
    message: "The source ended the stream.",
    hint: "Cameras do so when they restart or change settings; it is connected anew.",
  },
  protocolError: {
    message: "The camera answered with something that is not usable RTSP.",
    hint: "Check that the uri points to an RTSP port; see the detail for the answer.",
  },
  corruptMedia: {
    message: "The media from the source is damaged.",
    hint: "Look for packet loss (try `transport: tcp`) and for a newer firmware of the camera.",
  },
  unauthorized: {
    message: "The camera did not accept the user name or password.",
    hint: "Check user and password, here and in the camera; an edit of them is tried at once.",
  },
  forbidden: {
    message: "The camera forbids this user to see the stream.",
    hint: "Give the user the right to view this stream in the camera.",
  },
  notFound: {
    message: "The camera has no stream at this path.",
    hint: "Check the path in the source's uri; the camera's manual or ONVIF tool names it.",
  },
  busy: {
    message: "The camera serves no more viewers now.",
    hint: "Close other viewers of this camera, or raise its limit; it is tried again slowly.",
  },
  unsupportedEncoding: {
    message: "The source offers an encoding that dslrs does not carry.",
    hint: "Set the camera to H.264, H.265 or MJPEG, and AAC, Opus or G.711 for sound.",
  },
  tlsFailed: {
    message: "No secure connection to the camera could be made.",
    hint: "Check that the port speaks RTSPS and that its certificate is valid for the host name.",
  },
  fileUnusable: {
    message: "The file cannot be played.",
    hint: "Check that it exists, is readable and is an MP4 or MKV file with H.264, H.265 or MJPEG.",
  },
  pipelineInvalid: {
    message: "GStreamer does not accept the pipeline.",
    hint: "Try the text with gst-launch-1.0; it must end in an encoded stream. Then edit the config.",
  },
  diskFull: {
    message: "The disk for the recordings is full.",
    hint: "Free space, lower `keep`, or move the recordings to a larger disk; recording goes on by itself then.",
  },
  diskReadOnly: {
    message: "The disk for the recordings can only be read.",
    hint: "Look into the kernel's log why it was mounted read-only, mend the file system and mount it anew; recording goes on by itself then.",
  },
  diskDenied: {
    message: "The recordings folder may not be written to.",
    hint: "Give the user who runs dslrs the right to write into it; recording goes on by itself then.",
  },
  diskMissing: {
    message: "The recordings folder is not there.",
    hint: "Mount its disk, or make the folder; recording goes on by itself then.",
  },
  diskSlow: {
    message: "The disk for the recordings is too slow, or hangs.",
    hint: "Look at its health and at what else uses it; for a network disk at the network. Recording goes on by itself then.",
  },
  recordingFailed: {
    message: "The recording cannot be written.",
    hint: "Check that the recordings folder exists, is writable and has space; the stream itself goes on.",
  },
  tapFailed: {
    message: "The socket of the tap cannot be made.",
    hint: "Give the tap a path that is free and in a folder where dslrs may write, and a group that it is in; it opens by itself then.",
  },
  workerCrashed: {
    message: "The worker ended unexpectedly.",
    hint: "It is started anew. If it happens again, `dslrs logs` shows its last words.",
  },
  outOfMemory: {
    message: "The worker needed more than its memory limit.",
    hint: "Raise limits.memory of this stream, or lower the bit rate of the camera.",
  },
  workerHung: {
    message: "The worker does not answer.",
    hint: "It is replaced. If it happens again, look at the load of this machine.",
  },
  commandFailed: {
    message: "The command ended.",
    hint: "Run the command in a terminal to see why; `dslrs logs` shows its last words.",
  },
  internal: {
    message: "Something unexpected happened inside dslrs.",
    hint: "Please report it with the detail from `dslrs logs`; the stream is started anew.",
  },
  fileEnded: {
    message: "The file has ended.",
    hint: "Set `loop: true` to play it again and again.",
  },
};
