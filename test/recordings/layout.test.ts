import { layoutOf, readPath, USUAL_TEMPLATES } from "../../src/recordings/layout.js";

const TIME = "2026-11-23T11-40-45.123Z";
const AT = Date.parse("2026-11-23T11:40:45.123Z");

test.each([
  ["yard/{date}/yard_{time}", `yard/2026-11-23/yard_${TIME}.mkv`, "finished"],
  ["yard/{date}/yard_{time}", `yard/2026-11-23/yard_${TIME}-1.mp4.part`, "unfinished"],
  ["yard/{date}/yard_{time}", `yard/2026-11-23/yard_${TIME}.mkv.new`, "new"],
  ["{year}/{month}/{day}/{hour}/yard_{time}", `2026/11/23/11/yard_${TIME}.mkv`, "finished"],
  ["{time}", `${TIME}.mkv`, "finished"],
  ["a.b (c)/{date}+{time}", `a.b (c)/2026-11-23+${TIME}.mp4`, "finished"],
])("%s reads %s", (template, path, state) => {
  expect(readPath(layoutOf(template), path)).toMatchObject({ startedAt: AT, state });
});

test.each([
  ["yard/{date}/yard_{time}", `gate/2026-11-23/yard_${TIME}.mkv`],
  ["yard/{date}/yard_{time}", `yard/2026-11-23/more/yard_${TIME}.mkv`],
  ["yard/{date}/yard_{time}", `yard/2026-11-23/yard_${TIME}.txt`],
  ["yard/{date}/yard_{time}", `yard/2026-11-23/yard_${TIME}.mkv.keep`],
  ["yard/{date}/yard_{time}", `yard/2026-11-23/yard_2026-13-41T99-99-99.999Z.mkv`],
  ["a.b/{time}", `axb/${TIME}.mkv`],
])("%s has no file %s", (template, path) => {
  expect(readPath(layoutOf(template), path)).toBeUndefined();
});

test("files that lie as by default tell whose they are", () => {
  const [first, other] = USUAL_TEMPLATES.map(layoutOf);
  const of = (layout: typeof first, path: string) => layout && readPath(layout, path);
  expect(of(first, `yard/2026-11-23/yard_${TIME}.mkv`)).toMatchObject({ stream: "yard" });
  expect(of(first, `yard/2026-11-23/gate_${TIME}.mkv`)).toBeUndefined();
  expect(of(other, `yard/low/2026-11-23/low_${TIME}.mkv`)).toMatchObject({ stream: "yard", output: "low" });
});
