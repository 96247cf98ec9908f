/** Node 22 announces `node:sqlite` as experimental on standard error; exactly that warning is dropped. */
export function silenceSqliteWarning(): void {
  const emit = process.emitWarning.bind(process) as (...parts: unknown[]) => void
  process.emitWarning = (...parts: unknown[]): void => {
    const [warning, kind] = parts
    if (kind === 'ExperimentalWarning' && String(warning).startsWith('SQLite is an experimental feature'))
      return
    emit(...parts)
  }
}
