import { createLookup } from "../../src/worker/lookup.js";

/** A name server that answers when it is told to. */
function slowServer() {
  const open = new Map<string, { answer(): void; fail(): void }>();
  const ask = (host: string) =>
    new Promise<{ address: string; family: number }[]>((resolve, reject) => {
      const answer = () => resolve([{ address: `address of ${host}`, family: 4 }]);
      open.set(host, { answer, fail: () => reject(new Error("no such host")) });
    });
  return { ask, open };
}

test("equal questions are asked once, and again after the answer", async () => {
  const { ask, open } = slowServer();
  const lookup = createLookup(ask);
  const [one, other] = [lookup("a"), lookup("a")];
  expect(one).toBe(other);
  open.get("a")?.fail();
  await expect(one).rejects.toThrow("no such host");
  const again = lookup("a");
  open.get("a")?.answer();
  expect(await again).toMatchObject([{ address: "address of a" }]);
});

test("names that do not resolve leave threads to others: two questions are open at most, in turn", async () => {
  const { ask, open } = slowServer();
  const lookup = createLookup(ask);
  const answers = ["a", "b", "c", "d"].map((host) => lookup(host));
  expect([...open.keys()]).toEqual(["a", "b"]);
  open.get("b")?.fail();
  await expect(answers[1]).rejects.toThrow();
  expect([...open.keys()]).toEqual(["a", "b", "c"]);
  for (const host of ["a", "c"]) open.get(host)?.answer();
  await Promise.all([answers[0], answers[2]]);
  open.get("d")?.answer();
  expect(await answers[3]).toMatchObject([{ address: "address of d" }]);
});
