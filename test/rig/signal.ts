/** A signal to one process. Without a pid it would go to the process group of the test itself. */
export function signalTo(pid: number | null | undefined, signal: NodeJS.Signals): void {
  if (!pid) throw new Error(`there is no process to send ${signal} to`);
  process.kill(pid, signal);
}

/** For what may end by itself meanwhile: one that is gone already needs no signal. */
export function signalIfThere(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid) process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
