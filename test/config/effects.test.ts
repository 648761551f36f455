import { EFFECTS, effectOf } from "../../src/config/effects.js";

test.each([
  ["streams.front-door.outputs.1.rotate.size", "live"],
  ["streams.*.outputs.*.rotate", "live"],
  ["streams.yard.retry", "live"],
  ["streams.yard.viewers", "live"],
  ["users.anna.hash", "live"],
  ["rtsp.public", "live"],
  ["streams.yard.retry.delays.1", "live"],
  ["streams.yard.timeouts.stall", "live"],
  ["streams.yard.fallback", "live"],
  ["defaults.retry.strategy", "live"],
  ["reconnects.perSecond", "live"],
  ["streams.yard.outputs.0.format", "output"],
  ["streams.yard.outputs.0.path", "output"],
  ["streams.yard.outputs", "output"],
  ["recordings.root", "live"],
  ["recordings.mode", "live"],
  ["streams.yard.outputs.0.rotate.align", "live"],
  ["recordings.reserve", "live"],
  ["recordings.keep.size", "live"],
  ["streams.yard.outputs.0.keep.days", "live"],
  ["streams.yard.source.uri", "ingest"],
  ["streams.yard.source.type", "ingest"],
  ["streams.yard.source.credentials.0.passwordFile", "ingest"],
  ["streams.yard.source.tls.ca", "ingest"],
  ["streams.yard.source.resume", "ingest"],
  ["streams.yard.source", "ingest"],
  ["defaults.source.transport", "ingest"],
  ["defaults.limits.cpu", "worker"],
  ["streams.yard.limits.memory", "worker"],
  ["streams.yard.command", "worker"],
  ["streams.yard", "worker"],
  ["rtsp.listen", "supervisor"],
  ["simulate.yard.port", "supervisor"],
])("a change of %s applies to the %s", (path, effect) => {
  expect(effectOf(path)).toBe(effect);
  expect(EFFECTS.map(({ name }) => name)).toContain(effect);
});

test.each(["strems.yard", "streams.yard.colour", "rtsp.listen.host", ""])("%s is no setting", (path) => {
  expect(() => effectOf(path)).toThrow("no setting");
});
