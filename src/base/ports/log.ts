export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>

/** The lowest level that is written says how much: `debug` is everything. A failure is always an `error`. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** A log line is an event with fields, never a sentence: `log.event('entry.integrated', { logIndex, ms })`. */
export interface Log {
  event(name: string, fields?: LogFields, level?: Exclude<LogLevel, 'error'>): void
  /** Something broke that nobody asked for; the error's stack goes along. */
  failure(name: string, error: unknown, fields?: LogFields): void
}
