/** Collects events, and lets a test wait for one instead of sleeping. */

export interface EventLog<Event> {
  readonly listener: (event: Event) => void;
  readonly all: readonly Event[];
  /** The first event, past or to come, that fits. */
  find<Found extends Event>(fits: (event: Event) => event is Found): Promise<Found>;
  find(fits: (event: Event) => boolean): Promise<Event>;
}

export function createEventLog<Event>(): EventLog<Event> {
  const all: Event[] = [];
  const waiting = new Set<(event: Event) => void>();
  return {
    all,
    listener(event) {
      all.push(event);
      for (const look of waiting) look(event);
    },
    find(fits: (event: Event) => boolean): Promise<never> {
      return new Promise((resolve) => {
        const past = all.find(fits);
        if (past !== undefined) return resolve(past as never);
        const look = (event: Event) => {
          if (!fits(event)) return;
          waiting.delete(look);
          resolve(event as never);
        };
        waiting.add(look);
      });
    },
  };
}
