/** A signal to one process. Without a pid it would go to the process group of the test itself. */
export function signalTo(pid: number | null | undefined, signal: NodeJS.Signals): void {
  if (!pid) throw new Error(`there is no process to send ${signal} to`);
  process.kill(pid, signal);
}
