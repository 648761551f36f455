import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findCgroupTrees } from "../../src/worker/cgroup.js";
import { isAlive } from "../../src/worker/identity.js";
import { createLimiter } from "../../src/worker/limits.js";
import type { WorkerEvent } from "../../src/worker/worker.js";
import { until } from "../rig/until.js";
import { createWorkerBench, type WorkerBench } from "../rig/worker-bench.js";

const MB = 1_000_000;
const connected = (event: WorkerEvent) => event.type === "connected";
const exited = (event: WorkerEvent): event is Extract<WorkerEvent, { type: "exited" }> => event.type === "exited";
const startIngest = {
  type: "startIngest",
  life: 1,
  source: { kind: "file", path: "/", loop: true, resume: false },
  replace: "now",
  connectMs: 1000,
  firstFrameMs: 1000,
  suspectMs: 100,
  retryMs: 1000,
} as const;

let bench: WorkerBench;
afterEach(() => bench.clean());

const trees = findCgroupTrees();
/** A machine without writable control groups has only the fallback to test. */
const withGroups = trees.memory && trees.cpu ? describe : describe.skip;

withGroups("real control groups", () => {
  const instance = `test-${process.pid}`;
  beforeEach(() => {
    bench = createWorkerBench({ limiter: createLimiter(instance, trees) });
  });

  const groups = (base = trees.memory?.base ?? "") => {
    const directory = join(base, instance);
    return existsSync(directory) ? readdirSync(directory, { withFileTypes: true }).filter((e) => e.isDirectory()) : [];
  };
  const cpuStat = () => {
    const [group] = groups(trees.cpu?.base);
    return group ? readFileSync(join(trees.cpu?.base ?? "", instance, group.name, "cpu.stat"), "utf8") : "";
  };

  test("a worker over its memory limit dies alone, by name, and its group is removed", async () => {
    const other = await bench.start("obedient", { memoryBytes: 300 * MB });
    const greedy = await bench.start("eats-memory", { memoryBytes: 200 * MB });
    expect(greedy.worker.limits.memoryBy).toMatch(/^cgroup[12]$/);
    await greedy.events.find(connected);
    await greedy.worker.send(startIngest);

    const { exit, failure } = await greedy.events.find(exited);
    expect(exit).toMatchObject({ code: null, signal: "SIGKILL" });
    expect(exit.oomKills).toBeGreaterThan(0);
    expect(failure.class).toBe("outOfMemory");
    await other.worker.send({ type: "ping" });
    await until(() => groups().length === 1);
  });

  test("a share of the CPU holds", async () => {
    const { worker } = await bench.start("burns-cpu", { cpuPercent: 20 });
    expect(worker.limits).toMatchObject({ cpuPercent: 20, memoryBytes: null, memoryBy: "none" });
    await until(() => /^nr_throttled [1-9]/m.test(cpuStat()));
  });

  test("limits change while the process runs, and say why when they do not", async () => {
    const { worker, events } = await bench.start("obedient", { memoryBytes: 300 * MB });
    await events.find(connected);
    expect(await worker.setLimits({ memoryBytes: 400 * MB, cpuPercent: 50 })).toEqual({ ok: true });
    expect(worker.limits).toMatchObject({ memoryBytes: 400 * MB, cpuPercent: 50 });

    expect(await worker.setLimits({ memoryBytes: MB, cpuPercent: 50 })).toEqual({
      ok: false,
      message: "limits.memory: the worker uses more than that now",
    });
    expect(worker.limits.memoryBytes).toBe(400 * MB);
    expect(isAlive(worker.identity)).toBe(true);

    expect(await worker.setLimits({})).toEqual({ ok: true });
    expect(worker.limits).toEqual({ memoryBytes: null, cpuPercent: null, memoryBy: "none", cpuBy: "none" });
  });

  test("a limit on a process that began without any needs a new process", async () => {
    const { worker } = await bench.start("obedient");
    expect(await worker.setLimits({})).toEqual({ ok: true });
    expect((await worker.setLimits({ memoryBytes: 300 * MB })).ok).toBe(false);
    expect(groups()).toHaveLength(0);
  });

  test("an adopted worker keeps its limits, and they can be changed", async () => {
    const first = await bench.start("obedient", { memoryBytes: 204_800_000, cpuPercent: 40 });
    first.worker.detach();
    const second = await bench.adopt("obedient");
    expect(second?.worker.limits).toEqual(first.worker.limits);
    expect(await second?.worker.setLimits({ memoryBytes: 300 * MB, cpuPercent: 40 })).toEqual({ ok: true });
  });

  test("groups that nobody uses are removed when the supervisor starts", async () => {
    const { worker } = await bench.start("obedient", { memoryBytes: 300 * MB });
    const leftover = join(trees.memory?.base ?? "", instance, "gone.x");
    mkdirSync(leftover);
    createLimiter(instance, trees);
    expect(existsSync(leftover)).toBe(false);
    expect(groups()).toHaveLength(1);
    expect(isAlive(worker.identity)).toBe(true);
  });

  afterEach(async () => {
    await bench.clean();
    createLimiter(instance, trees);
    expect(existsSync(join(trees.memory?.base ?? "", instance))).toBe(false);
  });
});

describe("without control groups", () => {
  beforeEach(() => {
    bench = createWorkerBench({ limiter: createLimiter("none", {}) });
  });

  test("memory is limited by RLIMIT_DATA and CPU by nice, and both say so", async () => {
    const { worker } = await bench.start("obedient", { memoryBytes: 2000 * MB, cpuPercent: 50 });
    expect(worker.limits).toMatchObject({ memoryBy: "rlimit", cpuBy: "nice" });
    const text = readFileSync(`/proc/${worker.identity.pid}/limits`, "utf8");
    expect(text).toMatch(new RegExp(`Max data size +${worker.limits.memoryBytes} `));
    expect((await worker.setLimits({ memoryBytes: 3000 * MB })).ok).toBe(false);

    worker.detach();
    const adopted = await bench.adopt("obedient");
    expect(adopted?.worker.limits).toMatchObject({
      memoryBy: "rlimit",
      memoryBytes: worker.limits.memoryBytes,
      cpuBy: "nice",
    });
  });

  test("limits that cannot be set are no process without limits", async () => {
    const limiter = createLimiter("none", {});
    const prepare: typeof limiter.prepare = (...asked) => ({
      ...limiter.prepare(...asked),
      shimArguments: ["--cgroup-procs", "/no/such/group/cgroup.procs"],
    });
    const strict = createWorkerBench({ limiter: { ...limiter, prepare } });
    const failure = await strict.start("obedient").catch((problem) => problem.failure);
    expect(failure.message).toBe("The limits of the worker could not be set.");
    expect(failure.detail).toContain("/no/such/group");
    await strict.clean();
  });

  test("nothing asked for is nothing done", async () => {
    const { worker } = await bench.start("obedient");
    expect(worker.limits).toEqual({ memoryBytes: null, cpuPercent: null, memoryBy: "none", cpuBy: "none" });
  });
});

describe("version 2, in a directory that looks like it", () => {
  let machine: string;
  beforeEach(() => {
    bench = createWorkerBench({ limiter: createLimiter("none", {}) });
    machine = mkdtempSync(join(tmpdir(), "dslrs-cgroup2-"));
  });
  afterEach(() => rmSync(machine, { recursive: true }));

  /** The kernel fills each new group with files; here they are made beforehand. */
  function unified(own: string, groups: readonly string[]) {
    const proc = join(machine, "proc");
    mkdirSync(proc);
    writeFileSync(join(proc, "cgroup"), `0::${own}\n`);
    writeFileSync(join(proc, "mountinfo"), `30 23 0:26 / ${machine}/cg rw - cgroup2 cgroup2 rw,nsdelegate\n`);
    for (const group of groups) {
      mkdirSync(join(machine, "cg", group), { recursive: true });
      writeFileSync(join(machine, "cg", group, "cgroup.controllers"), "cpu io memory pids\n");
      writeFileSync(join(machine, "cg", group, "cgroup.subtree_control"), "");
    }
    return proc;
  }
  const text = (...path: string[]) => readFileSync(join(machine, "cg", ...path), "utf8");

  test("the supervisor moves into a leaf and limits groups beside it", () => {
    const unit = "system.slice/dslrs.service";
    const proc = unified(`/${unit}`, [unit, `${unit}/dslrs`, `${unit}/dslrs/house`]);
    const limiter = createLimiter("house", findCgroupTrees(proc));
    expect(text(unit, "supervisor", "cgroup.procs")).toBe(String(process.pid));
    expect(text(unit, "cgroup.subtree_control")).toBe("+cpu +memory");

    const limits = limiter.prepare("door", { memoryBytes: 100 * MB, cpuPercent: 150 });
    const [group] = readdirSync(join(machine, "cg", unit, "dslrs", "house")).filter((name) => name.startsWith("door."));
    const path = join(machine, "cg", unit, "dslrs", "house", group ?? "");
    expect(readFileSync(join(path, "memory.max"), "utf8")).toBe("100000000");
    expect(readFileSync(join(path, "cpu.max"), "utf8")).toBe("150000 100000");
    expect(text(unit, "dslrs", "house", "cgroup.subtree_control")).toBe("+cpu +memory");
    expect(limits.applied).toMatchObject({ memoryBy: "cgroup2", cpuBy: "cgroup2" });
    expect(limits.shimArguments).toEqual([
      ...["--cgroup-procs", join(path, "cgroup.procs")],
      ...["--oom-file", join(path, "memory.events")],
    ]);

    writeFileSync(join(path, "memory.stat"), "anon 50000000\nfile 900000000\n");
    expect(limits.set({ memoryBytes: 60 * MB }).ok).toBe(true);
    expect(readFileSync(join(path, "cpu.max"), "utf8")).toBe("max 100000");
    expect(limits.set({ memoryBytes: 40 * MB })).toEqual({
      ok: false,
      message: "limits.memory: the worker uses more than that now",
    });
    expect(readFileSync(join(path, "memory.max"), "utf8")).toBe("60000000");
  });

  test("a supervisor that is in the leaf already goes on with what is there", () => {
    const proc = unified("/unit/supervisor", ["unit", "unit/supervisor", "unit/dslrs"]);
    writeFileSync(join(machine, "cg", "unit", "cgroup.subtree_control"), "cpu memory");
    expect(findCgroupTrees(proc).memory).toEqual({ version: 2, base: join(machine, "cg", "unit", "dslrs") });
    expect(existsSync(join(machine, "cg", "unit", "supervisor", "cgroup.procs"))).toBe(false);
  });

  test("a group without controllers offers none", () => {
    const proc = unified("/unit", ["unit"]);
    writeFileSync(join(machine, "cg", "unit", "cgroup.controllers"), "");
    expect(findCgroupTrees(proc)).toEqual({});
  });

  test("where control cannot be passed on, the supervisor moves back", () => {
    const proc = unified("/unit", ["unit"]);
    rmSync(join(machine, "cg", "unit", "cgroup.subtree_control"));
    mkdirSync(join(machine, "cg", "unit", "cgroup.subtree_control")); // cannot be written, as with EBUSY
    expect(findCgroupTrees(proc)).toEqual({});
    expect(text("unit", "cgroup.procs")).toBe(String(process.pid));
  });

  test("no control groups at all", () => {
    mkdirSync(join(machine, "proc"));
    expect(findCgroupTrees(join(machine, "proc"))).toEqual({});
  });
});
