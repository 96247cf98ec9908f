export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>

/** A log line is an event with fields, never a sentence: `log.event('entry.integrated', { logIndex, ms })`. */
export interface Log {
  event(name: string, fields?: LogFields): void
  /** Something broke that nobody asked for; the error's stack goes along. */
  failure(name: string, error: unknown, fields?: LogFields): void
}
