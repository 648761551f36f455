import { keepingsOf } from "../../src/supervisor/keeping.js";
import { valid } from "../config/parsing.js";

const { config } = valid("recordings: { root: /r }\nstreams:\n  yard: { source: rtsp://h/x }\n");

test("a root is looked after where something is recorded by order only, from then on", () => {
  expect([...keepingsOf(config, [], new Set())]).toEqual([]);
  const keeping = keepingsOf(config, [], new Set(["/r"])).get("/r");
  expect(keeping).toMatchObject({ outputs: [], others: [{ stream: "yard", output: "clip" }] });
});
