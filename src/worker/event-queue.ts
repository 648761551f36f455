/** Keeps events in order where some of them take time to be understood. Holds all back until it is opened. */

export interface EventQueue<Event> {
  open(): void;
  /** Delivered at once, unless an earlier one is still awaited. */
  push(event: Event | Promise<Event>): void;
  /** The last event, made when all others are delivered. */
  end(last: () => Event): void;
  /** Nothing is delivered any more. */
  close(): void;
}

export function createEventQueue<Event extends object>(deliver: (event: Event) => void): EventQueue<Event> {
  const waiting: (() => Event | Promise<Event>)[] = [];
  let held = true;
  let ended = false;
  let closed = false;

  function add(event: () => Event | Promise<Event>) {
    if (ended) return;
    waiting.push(event);
    flush();
  }

  function flush() {
    while (!held && !closed) {
      const next = waiting.shift();
      if (!next) return;
      const event = next();
      if (!(event instanceof Promise)) deliver(event);
      else holdUntil(event);
    }
  }

  function holdUntil(event: Promise<Event>) {
    held = true;
    void event.then((understood) => {
      waiting.unshift(() => understood);
      open();
    });
  }

  function open() {
    held = false;
    flush();
  }

  return {
    open,
    push: (event) => add(() => event),
    end(last) {
      add(last);
      ended = true;
    },
    close() {
      closed = true;
    },
  };
}
