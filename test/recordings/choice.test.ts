import { filesToRemove, type Limits, type Shelf } from "../../src/recordings/choice.js";

const DAY = 86_400_000;
const NOW = 1_000 * DAY;

/** With one file of ten bytes a day, the oldest `days` old. */
function shelf(days: number, changes: Partial<Shelf> = {}): Shelf & { readonly days: number } {
  const files = Array.from({ length: days }, (_, index) => {
    const age = days - index;
    return { folder: `${age}`, name: `${age}`, startedAt: NOW - age * DAY, bytes: 10, isProtected: false };
  });
  return { days, files, bytes: days * 10, keepMs: 0, keepBytes: 0, isOnDisk: true, ...changes };
}

function removed(shelves: readonly Shelf[], limits: Partial<Limits>) {
  const removals = filesToRemove(shelves, { now: NOW, keepBytes: 0, shortBytes: 0, ...limits });
  return [...removals].map(({ shelf, file, cause }) => ({
    from: shelves.indexOf(shelf),
    age: Number(file.folder),
    cause,
  }));
}

test("nothing goes where nothing asks for it", () => {
  expect(removed([shelf(400)], {})).toEqual([]);
});

test("what is too old goes", () => {
  const ages = removed([shelf(5, { keepMs: 3 * DAY }), shelf(5)], {}).map(({ from, age, cause }) => [from, age, cause]);
  expect(ages).toEqual([
    [0, 5, "age"],
    [0, 4, "age"],
  ]);
});

test("above its size an output loses its oldest, the file being written counts", () => {
  const output = shelf(5, { keepBytes: 40, bytes: 55 });
  expect(removed([output], {}).map(({ age, cause }) => [age, cause])).toEqual([
    [5, "size"],
    [4, "size"],
  ]);
});

test("a file being written that is larger than all limits costs every other, and no more", () => {
  expect(removed([shelf(2, { keepBytes: 40, bytes: 1_020 })], { keepBytes: 50, shortBytes: 1e9 })).toHaveLength(2);
});

test("without limits of their own the oldest of all goes first", () => {
  const ages = removed([shelf(3), shelf(6), shelf(4)], { shortBytes: 45 });
  expect(ages.map(({ from, age }) => [from, age])).toEqual([
    [1, 6],
    [1, 5],
    [1, 4],
    [2, 4],
    [0, 3],
  ]);
  expect(new Set(ages.map(({ cause }) => cause))).toEqual(new Set(["reserve"]));
});

test("outputs shrink in proportion to what they were to keep", () => {
  const shelves = [shelf(30, { keepMs: 30 * DAY }), shelf(10, { keepMs: 10 * DAY })];
  const all = removed(shelves, { keepBytes: 200 });
  expect(new Set(all.map(({ cause }) => cause))).toEqual(new Set(["total"]));
  const left = shelves.map((each, index) => each.days - all.filter(({ from }) => from === index).length);
  expect(left).toEqual([15, 5]);
});

test("the same by size", () => {
  const shelves = [shelf(30, { keepBytes: 300 }), shelf(30, { keepBytes: 900 })];
  const all = removed(shelves, { shortBytes: 200 });
  const left = shelves.map((each, index) => each.days - all.filter(({ from }) => from === index).length);
  expect(left).toEqual([10, 30]);
});

test("what has to go anyway counts for the reserve", () => {
  expect(removed([shelf(5, { keepMs: 3 * DAY })], { shortBytes: 20 }).map(({ cause }) => cause)).toEqual([
    "age",
    "age",
  ]);
});

test("what lies on another disk makes no room on this one", () => {
  const elsewhere = shelf(9, { isOnDisk: false });
  expect(removed([elsewhere, shelf(2)], { shortBytes: 1_000 }).map(({ from }) => from)).toEqual([1, 1]);
});

test("a file from the future, of a clock that was wrong, is not the oldest", () => {
  const wrong: Shelf = { ...shelf(0), files: [{ ...file(), startedAt: NOW + 900 * DAY }], bytes: 10 };
  expect(removed([wrong, shelf(2)], { shortBytes: 20 }).map(({ from }) => from)).toEqual([1, 1]);
});

function file() {
  return { folder: "0", name: "0", bytes: 10, isProtected: false };
}
