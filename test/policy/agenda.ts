/** Virtual time: what is due happens in order, at once. */

export interface Due {
  readonly at: number;
  isCancelled: boolean;
}

export interface Agenda {
  now(): number;
  after(ms: number, run: () => void): Due;
  /** Whole milliseconds. */
  runUntil(at: number): void;
  /** Until nothing is due any more. */
  runOut(): void;
}

interface Entry extends Due {
  readonly order: number;
  run(): void;
}

export function createAgenda(start: number): Agenda {
  /** A binary heap, the earliest first. */
  const heap: Entry[] = [];
  let now = start;
  let order = 0;

  function isBefore(a: number, b: number): boolean {
    const [left, right] = [heap[a] as Entry, heap[b] as Entry];
    return left.at < right.at || (left.at === right.at && left.order < right.order);
  }

  function swap(a: number, b: number): void {
    [heap[a], heap[b]] = [heap[b] as Entry, heap[a] as Entry];
  }

  function rise(from: number): void {
    for (let index = from; index > 0; ) {
      const parent = (index - 1) >> 1;
      if (!isBefore(index, parent)) return;
      swap(index, parent);
      index = parent;
    }
  }

  function sink(): void {
    for (let index = 0; ; ) {
      let least = index;
      for (const child of [2 * index + 1, 2 * index + 2]) {
        if (child < heap.length && isBefore(child, least)) least = child;
      }
      if (least === index) return;
      swap(index, least);
      index = least;
    }
  }

  function takeFirst(): Entry | undefined {
    const first = heap[0];
    const last = heap.pop();
    if (first && last && first !== last) {
      heap[0] = last;
      sink();
    }
    return first;
  }

  function runUntil(at: number): void {
    while (heap[0] && heap[0].at <= at) {
      const due = takeFirst();
      if (!due || due.isCancelled) continue;
      now = due.at;
      due.run();
    }
  }

  return {
    now: () => now,
    after(ms, run) {
      const due = { at: now + Math.round(ms), order: order++, run, isCancelled: false };
      heap.push(due);
      rise(heap.length - 1);
      return due;
    },
    runUntil(at) {
      const end = Math.round(at);
      runUntil(end);
      now = Math.max(now, end);
    },
    runOut: () => runUntil(Number.POSITIVE_INFINITY),
  };
}
