import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isQueued, nextAttemptAt, reasonOf, timersOf } from "../../src/policy/states.js";
import { initialState } from "../../src/policy/transitions.js";
import { drawLifecycle } from "./diagram.js";
import { explore } from "./exploration.js";
import {
  adopt,
  barred,
  connected,
  did,
  down,
  editPolicy,
  editSource,
  exited,
  granted,
  type Happening,
  hostBack,
  pause,
  play,
  playAt,
  playSettled,
  probed,
  remove,
  restart,
  resume,
  retry,
  running,
  STEP_MS,
  settled,
  silenceEnded,
  silent,
  spins,
  start,
  streamWith,
  timer,
  timerSet,
  unresponsive,
  up,
} from "./play.js";
import { POLICY } from "./stream-world.js";

test("a stream that runs has one worker and one ingest", () => {
  expect(running).toMatchObject({ is: "running", lives: { worker: 1, ingest: 1 } });
});

describe("the turn", () => {
  test("no worker is launched before it", () => {
    const { state, effects } = play(initialState("worker", POLICY), start);
    expect(state).toMatchObject({ is: "starting", phase: { is: "queued", hasWorker: false } });
    expect(effects).toEqual([{ do: "queueAttempt", hasWorker: false, healthyAt: null, byUser: false }]);
    expect(did(play(state, granted).effects)).toContain("launchWorker");
  });

  test("the ingest of a launch that had one needs no second", () => {
    const launched = play(initialState("worker", POLICY), start, granted, connected("idle"));
    expect(did(launched.effects)).toEqual(["syncWorker", "startIngest", "setTimer"]);
  });

  test("the ingest of a launch has one of its own where it waits for its origin", () => {
    const policy = { ...POLICY, hasOrigin: true };
    const launched = play(initialState("worker", policy), start, granted, connected("idle"));
    expect(launched.state).toMatchObject({ is: "starting", phase: { is: "queued", hasWorker: true } });
    expect(did(launched.effects)).toEqual(["clearTimer", "syncWorker", "queueAttempt"]);
    expect(did(play(launched.state, granted).effects)).toContain("startIngest");
    expect(play(launched.state, barred).state).toMatchObject({
      is: "holding",
      failure: { class: "refused", message: expect.stringContaining("The stream that is its source") },
    });
  });

  test("an outage says when video was last healthy", () => {
    const { effects, at } = playSettled(down("reset"), timer("retry"));
    expect(effects).toContainEqual({ do: "queueAttempt", hasWorker: true, healthyAt: at - STEP_MS, byUser: false });
  });

  test.each<[string, Happening]>([
    ["a pause", pause],
    ["a removal", remove],
    ["video that comes again by itself", silenceEnded],
  ])("is given up for %s", (_what, happens) => {
    const queued = playSettled(silent(), timer("confirm"), timer("retry")).state;
    expect(isQueued(queued)).toBe(true);
    expect(did(play(queued, happens).effects)).toContain("leaveQueue");
  });

  test("a user who asks while it waits does not lose the place, but moves up", () => {
    const { effects } = play(initialState("worker", POLICY), start, restart);
    expect(effects).toEqual([{ do: "queueAttempt", hasWorker: false, healthyAt: null, byUser: true }]);
  });
});

test("an account that rests makes room for the next set of credentials", () => {
  const queued = play(initialState("worker", { ...POLICY, credentials: 2 }), start);
  const { state, effects } = play(queued.state, () => ({ type: "accountHeld", until: 90_000, instead: 1 }));
  expect(state).toMatchObject({ is: "starting", phase: { is: "queued" }, credential: 1 });
  expect(did(effects)).toEqual(["queueAttempt"]);
});

test("an account that rests for all its streams holds this one, and says until when", () => {
  const queued = play(initialState("worker", POLICY), start);
  const { state, effects } = play(queued.state, () => ({ type: "accountHeld", until: 90_000, instead: null }));
  expect(state).toMatchObject({ is: "holding", until: { is: "time", at: 90_000 }, failure: { class: "unauthorized" } });
  expect(did(effects)).toEqual(["setTimer"]);
  expect(did(play(state, timer("retry")).effects)).toContain("queueAttempt");
});

describe("a host that is away", () => {
  const refused = [down("refused"), ...retry, down("refused")];
  const held = playSettled(...refused, timer("retry"), barred);

  test("bars attempts, and the stream says so", () => {
    expect(held.state).toMatchObject({ is: "holding", until: { is: "host" }, failure: { class: "refused" } });
    expect(did(held.effects)).not.toContain("leaveQueue");
    expect(nextAttemptAt(held.state)).toBeNull();
  });

  test("is asked again as soon as it is back", () => {
    expect(did(play(held.state, hostBack).effects)).toContain("queueAttempt");
  });

  test("ends the waiting for a retry, too", () => {
    const { effects } = playSettled(...refused, hostBack);
    expect(did(effects)).toEqual(["clearTimer", "queueAttempt"]);
  });

  test("ends no waiting that has another reason", () => {
    const { state, effects } = playSettled(down("notFound"), hostBack);
    expect(state).toMatchObject({ is: "recovering", phase: { is: "waiting" } });
    expect(effects).toEqual([]);
  });

  test("may bar an attempt before there was any video", () => {
    const state = play(
      initialState("worker", POLICY),
      start,
      granted,
      connected("idle"),
      ...refused,
      timer("retry"),
      barred,
    );
    expect(state.state).toMatchObject({ is: "holding", worker: "connected", until: { is: "host" } });
  });

  test("bars no worker: its outputs have something to say also while the source is away", () => {
    const { state, effects } = play(held.state, exited, timer("retry"));
    expect(state).toMatchObject({ is: "recovering", phase: { is: "queued" } });
    expect(effects).toContainEqual(expect.objectContaining({ do: "queueAttempt", hasWorker: false }));
  });
});

describe("adoption", () => {
  const adopted = (...as: Parameters<typeof connected>) =>
    play(initialState("worker", POLICY), adopt, connected(...as));

  test("a worker that does what is wanted is not touched, and waits for no turn", () => {
    const { state, effects } = adopted("up", "asWanted", 7);
    expect(state).toMatchObject({ is: "running", lives: { worker: 1, ingest: 7 } });
    expect(did(effects)).not.toContain("startIngest");
  });

  test("a worker with another source gets the wanted one, in the same process", () => {
    const { effects } = adopted("up", "otherSource", 7);
    expect(effects).toContainEqual(expect.objectContaining({ do: "startIngest", ingest: 8, replace: "atKeyframe" }));
  });

  test("a worker of another program is ended in order, then replaced", () => {
    const { state, effects } = adopted("up", "otherWorker", 7);
    expect(did(effects)).toContain("stopWorker");
    expect(did(play(state, exited, granted).effects)).toContain("launchWorker");
  });
});

describe("recovery", () => {
  test("the first retry of an outage comes within 100 ms and keeps the worker", () => {
    const { state, effects } = playSettled(down("reset"));
    expect(state).toMatchObject({ is: "recovering", phase: { is: "waiting", hasWorker: true } });
    expect(timerSet(effects, "retry")).toBe(50);
    expect(did(play(state, ...retry).effects)).toContain("startIngest");
  });

  test("a killed worker is replaced at once", () => {
    const { state, effects } = playSettled(exited);
    expect(timerSet(effects, "retry")).toBe(0);
    expect(play(state, ...retry).effects).toContainEqual({ do: "launchWorker", worker: 2 });
  });

  test("a worker that keeps crashing is held between the tries, visibly", () => {
    const { state, at } = play(running, exited, ...retry, exited, ...retry, exited);
    expect(state.is).toBe("holding");
    expect(reasonOf(state)).toContain("3 times");
    expect(nextAttemptAt(state)).toBeGreaterThan(at);
  });

  test("five faults in a row cost the worker its life, in order", () => {
    const fault = [down("internal"), ...retry];
    const { state, effects } = play(
      running,
      down("reset"),
      ...retry,
      ...fault,
      ...fault,
      ...fault,
      ...fault,
      down("internal"),
    );
    expect(state).toMatchObject({ is: "recovering", phase: { is: "ending" } });
    expect(effects).toContainEqual(expect.objectContaining({ do: "stopWorker", abort: false }));
  });

  test("the end of a process counts once, however often it is told", () => {
    const { state } = play(running, exited, exited);
    expect(state.counts.crashes).toBe(1);
    const restarted = play(running, restart, exited, exited);
    expect(restarted.state).toMatchObject({ is: "starting", counts: { crashes: 0 } });
  });

  test("an hour of failures is forgiven after a minute of video", () => {
    const flaky = play(running, down("reset"), ...retry, up).state;
    expect(flaky.counts.attempts).toBe(1);
    expect(play(flaky, timer("settled")).state.counts.attempts).toBe(0);
  });

  test("a file that ended stops the stream, and an edit plays it again", () => {
    const { state } = play(running, down("fileEnded"), exited);
    expect(state).toMatchObject({ is: "stopped", why: "ended" });
    expect(did(play(state, editSource, granted).effects)).toContain("launchWorker");
  });
});

describe("a worker that hangs", () => {
  test("has time to answer, then is aborted for the sake of a core", () => {
    const doubted = play(running, unresponsive);
    expect(doubted.state.is).toBe("suspect");
    const { effects } = play(doubted.state, timer("confirm"));
    expect(effects).toContainEqual({ do: "stopWorker", worker: 1, graceMs: 500, abort: true });
  });

  test.each<[string, Happening[]]>([
    ["spins", [spins]],
    ["says nothing about its first frame", [down("reset"), ...retry, timer("deadline")]],
  ])("or %s is aborted at once", (_what, happenings) => {
    const { state, effects } = play(running, ...happenings);
    expect(state).toMatchObject({ is: "recovering", failure: { class: "workerHung" } });
    expect(effects).toContainEqual(expect.objectContaining({ do: "stopWorker", abort: true }));
  });
});

describe("holds", () => {
  const refusal = [down("unauthorized"), ...retry];

  test("refused credentials are tried three times, then rest for ten minutes", () => {
    const { state, effects, at } = play(running, ...refusal, ...refusal, down("unauthorized"));
    expect(state).toMatchObject({ is: "holding", worker: "connected", until: { is: "time", at: at + 600_000 } });
    expect(timerSet(effects, "retry")).toBe(600_000);
    expect(play(state, ...retry, down("unauthorized")).state.is).toBe("holding");
  });

  test("every set has its try, and the one that is accepted stays", () => {
    const three = streamWith({ credentials: 3 });
    const { state, effects } = play(three, down("reset"), ...retry, ...refusal, ...refusal);
    expect(effects).toContainEqual(expect.objectContaining({ do: "startIngest", credential: 2 }));
    const accepted = play(state, up, down("reset"), ...retry);
    expect(accepted.effects).toContainEqual(expect.objectContaining({ do: "startIngest", credential: 2 }));
  });

  test("other credentials are tried at once, from the first set on", () => {
    const { state } = play(
      streamWith({ credentials: 2 }),
      ...refusal,
      ...refusal,
      ...refusal,
      ...refusal,
      ...refusal,
      down("unauthorized"),
    );
    expect(state.is).toBe("holding");
    expect(play(state, editSource, granted).effects).toContainEqual(
      expect.objectContaining({ do: "startIngest", credential: 0 }),
    );
  });

  test("what only an edit can mend waits for one", () => {
    const { state, effects } = play(running, down("pipelineInvalid"));
    expect(state).toMatchObject({ is: "holding", until: { is: "edit" } });
    expect(did(effects)).not.toContain("setTimer");
    expect(nextAttemptAt(state)).toBeNull();
    expect(play(state, editPolicy({})).state.is).toBe("holding");
  });

  const once = streamWith({ retry: { strategy: "immediate", maxAttempts: 1 } });

  test.each<[string, Happening[]]>([
    ["another source", [editSource]],
    ["other retries", [editPolicy({ retry: { strategy: "immediate", maxAttempts: 2 } })]],
    ["a user who resumes", [resume]],
    ["a user who restarts", [restart, exited]],
  ])("a stream that gave up tries again for %s", (_what, happenings) => {
    const { state } = play(once, down("reset"));
    expect(state).toMatchObject({ is: "holding", until: { is: "edit" } });
    const asked = play(state, ...happenings);
    expect(asked.effects).toContainEqual(expect.objectContaining({ do: "queueAttempt", byUser: true }));
    expect(asked.state.counts.attempts).toBe(0);
  });
});

describe("edits", () => {
  test("another source gets its turn while the one before goes on until the new one has video", () => {
    const edited = play(running, editSource);
    expect(edited.state).toMatchObject({ is: "starting", phase: { is: "queued", hasWorker: true, hasVideo: true } });
    expect(play(edited.state, granted).effects).toContainEqual(
      expect.objectContaining({ do: "startIngest", ingest: 2, replace: "atKeyframe" }),
    );
  });

  test("there is nothing to keep when the source before ends meanwhile", () => {
    const { effects } = play(running, editSource, down("reset"), granted);
    expect(effects).toContainEqual(expect.objectContaining({ do: "startIngest", ingest: 2, replace: "now" }));
  });

  test("other retries and timeouts interrupt nothing", () => {
    const { state, effects } = play(running, editPolicy({ retry: { strategy: "immediate" } }));
    expect(state).toMatchObject({ is: "running", policy: { retry: { strategy: "immediate" } } });
    expect(effects).toEqual([]);
  });

  test("a shorter delay shortens the waiting that is under way", () => {
    const retries = [down("notFound"), ...retry, down("notFound"), ...retry, down("notFound")];
    const waiting = play(running, ...retries);
    const edited = playAt(waiting.state, waiting.at, editPolicy({ retry: { strategy: "fixed", delayMs: 1_500 } }));
    expect(timerSet(edited.effects, "retry")).toBe(1_500);
    expect(nextAttemptAt(edited.state)).toBe(edited.at + 1_500);
  });

  test("timeouts go with the next attempt", () => {
    const timeouts = { connectMs: 1_000, firstFrameMs: 2_000, stallMs: 3_000 };
    const { effects } = play(running, editPolicy({ timeouts }), down("reset"), ...retry);
    expect(effects).toContainEqual(
      expect.objectContaining({ do: "startIngest", connectMs: 1_000, firstFrameMs: 2_000, suspectMs: 1_500 }),
    );
  });

  test("a pause outlasts edits and restarts", () => {
    expect(play(running, pause, editSource, restart, exited, editSource, restart).state.is).toBe("paused");
  });

  test("a pause that meets the end of a file outlasts an edit", () => {
    expect(play(running, down("fileEnded"), pause, exited, editSource).state.is).toBe("paused");
  });

  test("a removal that meets a restart under way still removes", () => {
    expect(play(running, restart, remove, exited).state).toMatchObject({ is: "stopped", why: "removed" });
  });
});

describe("silence", () => {
  const suspect = playSettled(silent());

  test("changes nothing until it is confirmed, but asks the host", () => {
    expect(suspect.state.is).toBe("suspect");
    expect(suspect.effects).toEqual([
      { do: "probeSource", ingest: 1 },
      { do: "setTimer", timer: "confirm", ms: 400 },
    ]);
    const confirmed = play(suspect.state, timer("confirm"));
    expect(confirmed.state).toMatchObject({ is: "recovering", failure: { class: "stalled" } });
  });

  test("of a host that answers may last longer", () => {
    const { effects } = playAt(suspect.state, suspect.at, probed("answers"));
    expect(timerSet(effects, "confirm")).toBe(2_000 - 100 - STEP_MS);
  });

  test("of a host that refuses is over at once", () => {
    const { state } = play(suspect.state, probed("refused"));
    expect(state).toMatchObject({
      is: "recovering",
      failure: { class: "stalled", detail: expect.stringContaining("refused") },
    });
  });

  test("is not asked about where nothing can answer", () => {
    const { effects } = play(streamWith({ canProbe: false }), silent());
    expect(effects).toEqual([{ do: "setTimer", timer: "confirm", ms: 1_900 }]);
  });

  test("with a limit of the user's own is judged by nothing else", () => {
    const { state, effects } = play(streamWith({ timeouts: { ...POLICY.timeouts, stallMs: 7_000 } }), silent());
    expect(effects).toEqual([{ do: "setTimer", timer: "confirm", ms: 6_900 }]);
    expect(play(state, probed("refused")).state).toBe(state);
  });

  test("that was only slowness leaves the stream as it was", () => {
    expect(play(suspect.state, silenceEnded).state).toEqual(settled.state);
  });

  test("of sound is no outage of a stream with pictures", () => {
    const both = play(running, (lives) => ({ type: "ingestUp", ...lives, tracks: ["video", "audio"] })).state;
    expect(play(both, silent(1)).state.is).toBe("running");
  });
});

const passagesOf = { worker: explore("worker"), command: explore("command") };

describe.each(["worker", "command"] as const)("every state of a %s", (program) => {
  const passages = passagesOf[program];

  test("sets only timers that mean something in the state it leads to", () => {
    const strays = passages.flatMap(({ step, label, from }) =>
      step.effects.flatMap((effect) =>
        effect.do === "setTimer" && !timersOf(step.state).includes(effect.timer) ? [`${from.is}, ${label}`] : [],
      ),
    );
    expect(strays).toEqual([]);
  });

  test("obeys a stop", () => {
    const orders = passages.filter(({ event }) => event.type === "stopRequested");
    const deaf = orders.filter(({ step: { state } }) => {
      return !(state.is === "stopped" || (state.is === "stopping" && state.target.is === "stopped"));
    });
    expect(orders.length).toBeGreaterThan(8);
    expect(deaf).toEqual([]);
  });

  test("says why it holds", () => {
    const holds = passages.flatMap(({ step }) => (step.state.is === "holding" ? [reasonOf(step.state)] : []));
    expect(holds.length).toBeGreaterThan(0);
    expect(holds).not.toContain("");
  });
});

test("docs/lifecycle.md shows the code as it is", () => {
  const page = join(import.meta.dirname, "../../docs/lifecycle.md");
  const drawn = drawLifecycle(passagesOf.worker);
  if (process.env.DSLRS_DRAW) writeFileSync(page, drawn);
  expect(readFileSync(page, "utf8")).toBe(drawn);
});
