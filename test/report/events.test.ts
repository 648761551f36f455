import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { EMPTY_TALLY, EVENTS_KEPT } from "../../src/report/event.js";
import { type EventStore, openEventStore, storedEvents } from "../../src/report/events.js";
import { createFakeClock, type FakeClock } from "../rig/fake-clock.js";
import { temporaryDirectory } from "./directory.js";

const directory = temporaryDirectory();
let clock: FakeClock;
beforeEach(() => {
  clock = createFakeClock();
});

function open(): EventStore {
  return openEventStore({ directory: directory(), clock });
}

function tell(store: EventStore, stream: string | null, ...messages: string[]): void {
  for (const message of messages) store.of(stream).keep({ kind: "edited", message, at: clock.now() });
}

function messages(store: EventStore, stream: string | null = "cam"): string[] {
  return store
    .of(stream)
    .events()
    .map(({ message }) => message);
}

const path = () => join(directory(), "events", "cam.jsonl");

describe("over supervisors", () => {
  test("the next supervisor finds the events and sums of the last, also after a kill", () => {
    const first = open();
    tell(first, "cam", "one");
    clock.advance(5_000);
    first.of("cam").keep({ kind: "failed", message: "two", at: clock.now() }, { ...EMPTY_TALLY, outages: 7 });
    const second = open();
    expect(messages(second)).toEqual(["one", "two"]);
    expect(second.of("cam").tally()?.outages).toBe(7);
  });

  test("ids rise over supervisors, also when the clock was set back", () => {
    const first = open();
    tell(first, "cam", "one", "two");
    first.flush();
    clock = createFakeClock(clock.now() - 3_600_000);
    const second = open();
    tell(second, "cam", "three");
    const ids = second
      .of("cam")
      .events()
      .map(({ id }) => id);
    expect(ids).toEqual([...ids].sort((one, other) => one - other));
    expect(new Set(ids).size).toBe(3);
  });

  test("only the owner can read them", () => {
    tell(open(), "cam", "one");
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory(), "events")).mode & 0o777).toBe(0o700);
  });
});

describe("whatever happens to the file", () => {
  test("a torn last line is dropped, and what comes next is whole", () => {
    tell(open(), "cam", "one");
    appendFileSync(path(), '{"id":99999999999999,"at":"2026-03-01T12:00');
    const second = open();
    expect(messages(second)).toEqual(["one"]);
    tell(second, "cam", "two");
    expect(messages(open())).toEqual(["one", "two"]);
  });

  test.each([
    ["garbage", Buffer.from([0, 255, 10, 123, 10, 34, 10])],
    ["lines of another shape", '{"id":"x"}\n[]\nnull\n{"tally":{"failures":1}}\n{"tally":null}\n'],
    ["an outage of another shape", `${JSON.stringify({ tally: { ...EMPTY_TALLY, open: {} } })}\n`],
    [
      "an event of a kind that is not known",
      '{"id":1,"at":"","firstAt":"","stream":null,"kind":"toString","message":"","fields":{},"times":1}\n',
    ],
    ["nothing", ""],
  ])("%s stops nothing", (_what, content) => {
    mkdirSync(join(directory(), "events"));
    writeFileSync(path(), content);
    const store = open();
    expect(messages(store)).toEqual([]);
    expect(store.of("cam").tally()).toBeUndefined();
    tell(store, "cam", "one");
    expect(messages(open())).toEqual(["one"]);
  });

  test("a file that somebody removed comes back whole", () => {
    const store = open();
    tell(store, "cam", "one");
    rmSync(path());
    clock.advance(5_000);
    tell(store, "cam", "two");
    expect(messages(open())).toEqual(["one", "two"]);
    rmSync(join(directory(), "events"), { recursive: true });
    clock.advance(5_000);
    tell(store, "cam", "three");
    expect(messages(open())).toEqual(["one", "two", "three"]);
  });

  test("where nothing can be written the events of this supervisor are there, and are written when that is mended", () => {
    writeFileSync(join(directory(), "events"), "in the way");
    const store = open();
    tell(store, "cam", "one");
    expect(messages(store)).toEqual(["one"]);
    rmSync(join(directory(), "events"));
    clock.advance(5_000);
    tell(store, "cam", "two");
    expect(messages(open())).toEqual(["one", "two"]);
  });

  test("a full disk stops nothing, and leaves what was there", () => {
    const first = open();
    tell(first, "cam", "one");
    mkdirSync(`${path()}.tmp`);
    const second = open();
    expect(() => tell(second, "cam", "two")).not.toThrow();
    expect(messages(second)).toEqual(["one", "two"]);
    expect(messages(open())).toEqual(["one"]);
  });

  test("something else of that name is no reason to wait or to fail", () => {
    mkdirSync(path(), { recursive: true });
    const store = open();
    tell(store, "cam", "one");
    expect(messages(store)).toEqual(["one"]);
  });
});

describe("bounds", () => {
  test("the oldest go, the newest stay, and the file does not grow", () => {
    const store = open();
    for (let event = 0; event < 2_000; event += 1) {
      tell(store, "cam", `event ${event}`);
      clock.advance(1_500);
    }
    const kept = messages(open());
    expect(kept).toHaveLength(EVENTS_KEPT);
    expect(kept.at(-1)).toBe("event 1999");
    expect(readFileSync(path(), "utf8").split("\n").length).toBeLessThan(3 * EVENTS_KEPT);
    expect(readdirSync(join(directory(), "events"))).toEqual(["cam.jsonl"]);
  });

  test("a burst is written once a second, and then is all there", () => {
    const store = open();
    tell(store, "cam", "first");
    const before = statSync(path()).size;
    for (let event = 0; event < 1_000; event += 1) tell(store, "cam", `event ${event}`);
    expect(statSync(path()).size).toBe(before);
    clock.advance(1_000);
    expect(messages(open())).toEqual(messages(store));
  });

  test("flush writes what waits", () => {
    const store = open();
    tell(store, "cam", "one", "two");
    tell(store, null, "three", "four");
    store.flush();
    expect(messages(open())).toEqual(["one", "two"]);
    expect(messages(open(), null)).toEqual(["three", "four"]);
  });

  test("what repeats itself is one event with a count, for the next supervisor too", () => {
    const store = open();
    tell(store, "cam", "before", "again");
    const { at } = store.of("cam").events()[1] ?? {};
    for (let time = 0; time < 3; time += 1) {
      clock.advance(2_000);
      tell(store, "cam", "again");
    }
    for (const events of [store.of("cam").events(), open().of("cam").events()]) {
      expect(events).toMatchObject([{ message: "before" }, { message: "again", times: 4, firstAt: at }]);
    }
    tell(store, "cam", "other", "again");
    expect(messages(store)).toEqual(["before", "again", "other", "again"]);
  });

  test("messages are cut, and secrets masked", () => {
    const message = `rtsp://u:hunter2@h/ ${"x".repeat(100_000)}`;
    open()
      .of("cam")
      .keep({ kind: "failed", message, at: clock.now(), fields: { detail: message } });
    const text = readFileSync(path(), "utf8");
    expect(text).not.toContain("hunter2");
    expect(text.length).toBeLessThan(2_000);
  });
});

describe("reading", () => {
  function told(): EventStore {
    const store = open();
    tell(store, null, "instance 1");
    for (const message of ["one", "two", "three"]) {
      clock.advance(10);
      tell(store, "cam", message);
      tell(store, "lobby", `lobby ${message}`);
    }
    return store;
  }

  test("gives all in order of time, or those of one stream", () => {
    const store = told();
    const all = store.read({ limit: 100 })?.map(({ message }) => message);
    expect(all).toEqual(["instance 1", "one", "lobby one", "two", "lobby two", "three", "lobby three"]);
    expect(store.read({ stream: "cam", limit: 100 })).toHaveLength(3);
    expect(store.read({ stream: "nobody", limit: 100 })).toBeUndefined();
  });

  test("gives the newest, and after an id the oldest, so that nothing is missed", () => {
    const store = told();
    expect(store.read({ limit: 2 })?.map(({ message }) => message)).toEqual(["three", "lobby three"]);
    const [first] = store.of("cam").events();
    const next = store.read({ since: first?.id ?? 0, limit: 2 })?.map(({ message }) => message);
    expect(next).toEqual(["lobby one", "two"]);
    expect(store.read({ limit: 0 })).toEqual([]);
  });

  test("knows streams that were removed, by this supervisor or an earlier one", () => {
    const first = told();
    const before = first.of("lobby").events().at(-1)?.id ?? 0;
    tell(first, "cam", "removed");
    first.forget("cam");
    expect(first.read({ since: before, limit: 9 })?.map(({ message }) => message)).toEqual(["removed"]);
    first.flush();
    const second = open();
    expect(second.read({ stream: "cam", limit: 9 })).toHaveLength(4);
    expect(second.read({ limit: 99 })).toHaveLength(8);
  });

  test("a stream's name cannot lead out of the folder", () => {
    tell(open(), null, "one");
    expect(open().read({ stream: "../events", limit: 9 })).toBeUndefined();
  });

  test("can be done without a supervisor", () => {
    told().flush();
    expect(storedEvents(directory(), { limit: 99 })).toHaveLength(7);
    expect(storedEvents(directory(), { stream: "lobby", limit: 1 })).toMatchObject([{ message: "lobby three" }]);
    expect(storedEvents(join(directory(), "none"), { limit: 99 })).toEqual([]);
  });

  test("next resolves with the next event, or when nobody waits any more", async () => {
    const store = open();
    const next = store.next(new AbortController().signal);
    tell(store, "cam", "one");
    await next;
    const reader = new AbortController();
    const never = store.next(reader.signal);
    reader.abort();
    await never;
    await store.next(reader.signal);
  });
});

test("the events of a stream are removed a month after it was, not before", () => {
  const store = open();
  tell(store, "cam", "one");
  tell(store, "gone", "one");
  tell(store, "wanted", "one");
  const longAgo = clock.now() / 1_000 - 40 * 86_400;
  for (const name of ["gone", "wanted"]) utimesSync(join(directory(), "events", `${name}.jsonl`), longAgo, longAgo);
  utimesSync(path(), clock.now() / 1_000, clock.now() / 1_000);
  store.prune(["wanted"]);
  expect(readdirSync(join(directory(), "events")).sort()).toEqual(["cam.jsonl", "wanted.jsonl"]);
});
