/**
 * SIGUSR1 opens Node's debugger to every user of this machine, who could then read all keys. Whoever wants it starts
 * Node with --inspect.
 */
export function keepInspectorShut(): void {
  process.on('SIGUSR1', () => undefined)
}
